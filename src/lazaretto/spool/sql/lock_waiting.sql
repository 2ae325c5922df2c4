-- Lock what a selection means of the rows that wait, behind the last one seen; skip what others work on.
SELECT
    queue.tenant, queue.message, queue.number, queue.kind, queue.destination, queue.next_at,
    queue.expires_at, queue.recipients, message.received_at,
    (
        SELECT array_agg(recipient.address ORDER BY recipient.number)
        FROM recipient
        WHERE recipient.tenant = queue.tenant
          AND recipient.message = queue.message
          AND recipient.number = ANY (queue.recipients)
    ) AS addresses
FROM queue
JOIN message ON message.tenant = queue.tenant
            AND message.id = queue.message
WHERE queue.kind = ANY (%(kinds)s)
  AND (queue.owner IS NULL OR queue.next_at <= %(now)s)
  AND (queue.tenant, queue.message, queue.number)
      > (%(after_tenant)s::integer, %(after_message)s::uuid, %(after_number)s::smallint)
  AND (%(due)s::timestamptz IS NULL OR queue.next_at <= %(due)s)
  AND (%(tenant)s::integer IS NULL OR queue.tenant = %(tenant)s)
  AND (%(ids)s::uuid[] IS NULL OR queue.message = ANY (%(ids)s))
  AND (%(destination)s::text IS NULL OR queue.destination = %(destination)s)
  AND (%(sender)s::text IS NULL OR lower(message.reverse_path) = %(sender)s)
  AND (%(reason)s::text IS NULL OR strpos(lower(queue.last_reply), %(reason)s) > 0)
  AND (%(held)s::boolean IS NULL OR (queue.kind IN ('hold', 'excess')) = %(held)s)
  AND (
      %(domain)s::text IS NULL
      OR lower(substring(message.reverse_path FROM '@([^@]*)$')) = %(domain)s
      OR EXISTS (
          SELECT
          FROM recipient
          WHERE recipient.tenant = queue.tenant
            AND recipient.message = queue.message
            AND recipient.number = ANY (queue.recipients)
            AND lower(substring(recipient.address FROM '@([^@]*)$')) = %(domain)s
      )
  )
ORDER BY queue.tenant, queue.message, queue.number
LIMIT %(wanted)s
FOR UPDATE OF queue, message SKIP LOCKED
