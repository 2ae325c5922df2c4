-- Lease anew the rows that are leased to this node and that none of its processes has in hand.
WITH own AS (
    SELECT tenant, message, number
    FROM queue
    WHERE owner = %(owner)s
      AND kind = ANY (%(kinds)s)
      AND (tenant, message, number) NOT IN (
          SELECT given.tenant, given.message, given."row"
          FROM json_to_recordset(%(besides)s::json) AS given (tenant integer, message uuid, "row" smallint)
      )
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
