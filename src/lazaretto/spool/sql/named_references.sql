-- Return those of the given references to content that the row of their message names.
SELECT message.content_reference
FROM json_to_recordset(%(references)s::json) AS given (tenant bigint, message uuid, reference text)
JOIN message ON message.tenant = given.tenant
            AND message.id = given.message
WHERE message.content_kind = %(kind)s
  AND message.content_reference = given.reference
