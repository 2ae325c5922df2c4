-- Whether a message is from or to a domain that a search reaches, after a condition.
  AND (
      %(domains)s::text[] IS NULL
      OR (direction = 'outbound' AND (sender_domain = ANY (%(domains)s)) <> %(all_except)s)
      OR EXISTS (
          SELECT
          FROM trace_recipient
          WHERE direction IS DISTINCT FROM 'outbound'
            AND trace_recipient.received_at = trace_message.received_at
            AND trace_recipient.tenant = trace_message.tenant
            AND trace_recipient.message = trace_message.message
            AND (trace_recipient.domain = ANY (%(domains)s)) <> %(all_except)s
      )
  )
