-- Put copies off: they stay for some recipients, free for anybody when due.
UPDATE queue
SET recipients = given.recipients, destination = given.destination, next_at = given.next_at,
    failures = given.failures, last_reply = given.last_reply, owner = NULL
FROM json_to_recordset(%(rows)s::json) AS given (
    tenant integer, message uuid, number smallint, recipients smallint[], destination text,
    next_at timestamptz, failures integer, last_reply text
)
WHERE queue.tenant = given.tenant
  AND queue.message = given.message
  AND queue.number = given.number
