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
ORDER BY queue.next_at, queue.message, queue.number
LIMIT %(wanted)s
