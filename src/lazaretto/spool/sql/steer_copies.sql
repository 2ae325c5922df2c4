-- Steer waiting copies: what is to be done with them, where they go and when; free for anybody when due.
UPDATE queue
SET kind = given.kind, destination = given.destination, next_at = given.next_at, owner = NULL
FROM json_to_recordset(%(rows)s::json) AS given (
    tenant integer, message uuid, number smallint, kind text, destination text, next_at timestamptz
)
WHERE queue.tenant = given.tenant
  AND queue.message = given.message
  AND queue.number = given.number
