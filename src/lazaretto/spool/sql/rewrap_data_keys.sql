-- Store data keys that were wrapped again, unless a later version wraps them by now.
WITH locked AS (
    SELECT message.tenant, message.id, given.wrapped, given.version
    FROM json_to_recordset(%(keys)s::json) AS given (holder uuid, wrapped text, version integer)
    JOIN message ON message.tenant = %(tenant)s
                AND message.id = given.holder
    WHERE message.key_version < given.version
    -- The order in which settling locks messages, or the two could wait for each other.
    ORDER BY message.tenant, message.id
    FOR NO KEY UPDATE OF message
)
UPDATE message
SET wrapped_key = decode(locked.wrapped, 'base64'), key_version = locked.version
FROM locked
WHERE message.tenant = locked.tenant
  AND message.id = locked.id
