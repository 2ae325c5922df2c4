-- Find messages by what people know of them, newest first.
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM trace_message
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND (%(id)s::uuid IS NULL OR message = %(id)s)
  AND (%(message_ids)s::text[] IS NULL OR message_id = ANY (%(message_ids)s::text[]))
  AND (%(sender)s::text IS NULL OR sender_folded = %(sender)s)
  AND (%(subject)s::text IS NULL OR subject ILIKE %(subject)s)
  AND (%(client_ip)s::inet IS NULL OR client_ip = %(client_ip)s::inet)
  AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
  AND (%(direction)s::text IS NULL OR direction = %(direction)s)
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
  AND (
      %(after_time)s::timestamptz IS NULL
      OR (received_at, message) < (%(after_time)s, %(after_id)s::uuid)
  )
  AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
  AND (
      %(recipient)s::text IS NULL
      OR (tenant, message) IN (
          SELECT trace_recipient.tenant, trace_recipient.message
          FROM trace_recipient
          WHERE trace_recipient.folded = %(recipient)s
            AND (%(tenant)s::integer IS NULL OR trace_recipient.tenant = %(tenant)s)
          ORDER BY trace_recipient.received_at DESC
          LIMIT 1000
      )
  )
ORDER BY received_at DESC, message DESC, tenant
LIMIT %(wanted)s
