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
-- include meant
ORDER BY queue.tenant, queue.message, queue.number
LIMIT %(wanted)s
FOR UPDATE OF queue, message SKIP LOCKED
