-- Send waiting copies of messages elsewhere, at once.
UPDATE queue
SET destination = %(destination)s, next_at = %(now)s
FROM message
WHERE queue.message = ANY (%(ids)s)
  AND (queue.owner IS NULL OR queue.next_at <= %(now)s)
  AND queue.kind = 'deliver'
  AND message.tenant = queue.tenant
  AND message.id = queue.message
RETURNING
    queue.message, queue.tenant,
    (
        SELECT array_agg(recipient.address ORDER BY recipient.number)
        FROM recipient
        WHERE recipient.tenant = queue.tenant
          AND recipient.message = queue.message
          AND recipient.number = ANY (queue.recipients)
    ) AS addresses,
    message.received_at
