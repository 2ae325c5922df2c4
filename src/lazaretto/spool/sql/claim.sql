-- Lease the rows that are due, oldest first, skipping those that others hold.
WITH due AS (
    SELECT tenant, message, number
    FROM queue
    WHERE next_at <= %(now)s
      AND kind = ANY (%(kinds)s)
    ORDER BY next_at
    LIMIT %(wanted)s
    FOR UPDATE SKIP LOCKED
)
UPDATE queue
SET next_at = %(until)s, owner = %(owner)s, attempt = queue.attempt + 1
FROM due
WHERE queue.tenant = due.tenant
  AND queue.message = due.message
  AND queue.number = due.number
RETURNING queue.tenant, queue.message, queue.number
