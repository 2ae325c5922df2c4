-- Find messages by what people know of them, newest first.
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM trace_message
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND (%(id)s::uuid IS NULL OR message = %(id)s)
  AND (%(message_ids)s::text[] IS NULL OR message_id = ANY (%(message_ids)s::text[]))
  AND (%(sender)s::text IS NULL OR sender_folded = %(sender)s)
  AND (%(subject)s::text IS NULL OR subject ILIKE %(subject)s)
  AND (%(client_ip)s::inet IS NULL OR client_ip = %(client_ip)s::inet)
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
ORDER BY received_at DESC, tenant
LIMIT %(wanted)s
