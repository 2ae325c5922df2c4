-- Lock the rows of leases that still hold, and their messages, against other moves.
SELECT queue.tenant, queue.message, queue.number, queue.attempt
FROM json_to_recordset(%(leases)s::json) AS given (
    tenant integer, message uuid, "row" smallint, attempt integer
)
JOIN queue ON queue.tenant = given.tenant
          AND queue.message = given.message
          AND queue.number = given."row"
          AND queue.attempt = given.attempt
JOIN message ON message.tenant = given.tenant
            AND message.id = given.message
ORDER BY queue.tenant, queue.message, queue.number
FOR UPDATE OF queue, message
