-- Store data keys that were wrapped again.
UPDATE message
SET wrapped_key = given.wrapped, key_version = given.version
FROM unnest(%(messages)s::uuid[], %(wrapped)s::bytea[], %(versions)s::integer[])
    AS given (message, wrapped, version)
WHERE message.tenant = %(tenant)s
  AND message.id = given.message
