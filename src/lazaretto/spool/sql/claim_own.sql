-- Lease anew the rows that an earlier process of this node held.
WITH own AS (
    SELECT tenant, message, number
    FROM queue
    WHERE owner = %(owner)s
      AND kind = ANY (%(kinds)s)
    ORDER BY next_at
    LIMIT %(wanted)s
    FOR UPDATE SKIP LOCKED
)
UPDATE queue
SET next_at = %(until)s, attempt = queue.attempt + 1
FROM own
WHERE queue.tenant = own.tenant
  AND queue.message = own.message
  AND queue.number = own.number
RETURNING queue.tenant, queue.message, queue.number
