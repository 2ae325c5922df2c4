-- Prolong leases that still hold.
UPDATE queue
SET next_at = %(until)s
FROM json_to_recordset(%(leases)s::json) AS given (
    tenant integer, message uuid, "row" smallint, attempt integer
)
WHERE queue.tenant = given.tenant
  AND queue.message = given.message
  AND queue.number = given."row"
  AND queue.attempt = given.attempt
RETURNING queue.tenant, queue.message, queue.number
