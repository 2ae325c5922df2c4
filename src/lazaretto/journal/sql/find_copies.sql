-- Find messages of a window of time by what people know of their copies, and of themselves.
-- All of the window is found before it is put in order: a limit would make the planner walk in the order of time,
-- which takes for ever where little matches.
WITH found AS MATERIALIZED (
    SELECT DISTINCT
        trace_message.message, trace_message.received_at, direction, sender, subject, message_id, size, verdict,
        score, trace_message.reply, trace_message.tenant
    FROM trace_recipient
    JOIN trace_message ON trace_message.received_at = trace_recipient.received_at
                      AND trace_message.tenant = trace_recipient.tenant
                      AND trace_message.message = trace_recipient.message
    WHERE (%(tenant)s::integer IS NULL OR trace_recipient.tenant = %(tenant)s)
      AND (%(recipient)s::text IS NULL OR trace_recipient.folded = %(recipient)s)
      AND (%(recipient_domain)s::text IS NULL OR trace_recipient.domain = %(recipient_domain)s)
      AND (%(place)s::text IS NULL OR trace_recipient.place = %(place)s)
      AND (%(disposition)s::text IS NULL OR trace_recipient.disposition = %(disposition)s)
      AND (%(remote)s::text IS NULL OR trace_recipient.remote = %(remote)s)
      -- Of the recipients' domains or of the sender's: each has an index of its own.
      AND (%(from_domains)s::text[] IS NULL OR (direction = 'outbound' AND sender_domain = ANY (%(from_domains)s)))
      AND (
          %(to_domains)s::text[] IS NULL
          OR (direction IS DISTINCT FROM 'outbound' AND trace_recipient.domain = ANY (%(to_domains)s))
      )
      AND (
          %(not_domains)s::text[] IS NULL
          OR CASE direction WHEN 'outbound' THEN sender_domain ELSE trace_recipient.domain END
              <> ALL (%(not_domains)s)
      )
      AND (%(since)s::timestamptz IS NULL OR trace_recipient.received_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR trace_recipient.received_at < %(until)s)
-- include of_message
-- include of_time
)
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM found
-- include in_order
