-- Lease all waiting copies of messages, due or not, skipping those that others hold.
WITH named AS (
    SELECT tenant, message, number
    FROM queue
    WHERE message = ANY (%(ids)s)
      AND kind = ANY (%(kinds)s)
      AND (owner IS NULL OR next_at <= %(now)s)
    LIMIT %(wanted)s
    FOR UPDATE SKIP LOCKED
)
UPDATE queue
SET next_at = %(until)s, owner = %(owner)s, attempt = queue.attempt + 1
FROM named
WHERE queue.tenant = named.tenant
  AND queue.message = named.message
  AND queue.number = named.number
RETURNING queue.tenant, queue.message, queue.number
