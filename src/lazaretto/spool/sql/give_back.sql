-- End leases that still hold: anybody may have these rows from a moment on.
UPDATE queue
SET owner = NULL, next_at = %(at)s
FROM json_to_recordset(%(leases)s::json) AS given (
    tenant integer, message uuid, "row" smallint, attempt integer
)
WHERE queue.tenant = given.tenant
  AND queue.message = given.message
  AND queue.number = given."row"
  AND queue.attempt = given.attempt
