-- Remember the numbers that messages have used.
UPDATE message
SET next_number = given.next_number
FROM json_to_recordset(%(rows)s::json) AS given (tenant integer, message uuid, next_number smallint)
WHERE message.tenant = given.tenant
  AND message.id = given.message
