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
    WHERE (%(tenant)s::integer IS NULL OR trace_message.tenant = %(tenant)s)
      AND (%(id)s::uuid IS NULL OR trace_message.message = %(id)s)
      AND (%(message_ids)s::text[] IS NULL OR message_id = ANY (%(message_ids)s::text[]))
      AND (%(sender)s::text IS NULL OR sender_folded = %(sender)s)
      AND (%(sender_domain)s::text IS NULL OR sender_domain = %(sender_domain)s)
      AND (%(subject)s::text IS NULL OR subject ILIKE %(subject)s)
      AND (%(client_ip)s::inet IS NULL OR client_ip <<= %(client_ip)s::inet)
      AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
      AND (%(scanned)s::boolean IS NULL OR (verdict IS NOT NULL) = %(scanned)s)
      AND (%(direction)s::text IS NULL OR direction = %(direction)s)
      AND (%(terms)s::text[] IS NULL OR terms @> %(terms)s::text[])
      AND (%(tenant)s::integer IS NULL OR trace_recipient.tenant = %(tenant)s)
      AND (%(recipient)s::text IS NULL OR trace_recipient.folded = %(recipient)s)
      AND (%(recipient_domain)s::text IS NULL OR trace_recipient.domain = %(recipient_domain)s)
      AND (%(place)s::text IS NULL OR trace_recipient.place = %(place)s)
      AND (%(disposition)s::text IS NULL OR trace_recipient.disposition = %(disposition)s)
      AND (%(remote)s::text IS NULL OR trace_recipient.remote = %(remote)s)
      AND (
          %(domains)s::text[] IS NULL
          OR (
              CASE direction WHEN 'outbound' THEN sender_domain ELSE trace_recipient.domain END = ANY (%(domains)s)
          ) <> %(all_except)s
      )
      AND (
          %(after_time)s::timestamptz IS NULL
          OR (NOT %(oldest_first)s AND (trace_recipient.received_at, trace_message.message) < (%(after_time)s, %(after_id)s::uuid))
          OR (%(oldest_first)s AND (trace_recipient.received_at, trace_message.message) > (%(after_time)s, %(after_id)s::uuid))
      )
      AND (%(since)s::timestamptz IS NULL OR trace_recipient.received_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR trace_recipient.received_at < %(until)s)
      AND (%(since)s::timestamptz IS NULL OR trace_message.received_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR trace_message.received_at < %(until)s)
)
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM found
ORDER BY
    CASE WHEN %(oldest_first)s THEN received_at END,
    CASE WHEN NOT %(oldest_first)s THEN received_at END DESC,
    CASE WHEN %(oldest_first)s THEN message END,
    CASE WHEN NOT %(oldest_first)s THEN message END DESC,
    tenant
LIMIT %(wanted)s
