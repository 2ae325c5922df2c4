-- List what a selection means of the queue, next due first; notices to come are not mail that waits.
SELECT
    queue.message, queue.tenant, queue.kind, queue.destination, queue.direction, message.reverse_path,
    (
        SELECT array_agg(recipient.deliver_to ORDER BY recipient.number)
        FROM recipient
        WHERE recipient.tenant = queue.tenant
          AND recipient.message = queue.message
          AND recipient.number = ANY (queue.recipients)
    ) AS addresses,
    message.received_at, queue.next_at, queue.expires_at, queue.failures, queue.last_reply,
    (queue.owner IS NOT NULL AND queue.next_at > %(now)s) AS leased
FROM queue
JOIN message ON message.tenant = queue.tenant
            AND message.id = queue.message
WHERE queue.kind <> 'delaydsn'
-- include meant
ORDER BY queue.next_at, queue.message, queue.number
LIMIT %(wanted)s
