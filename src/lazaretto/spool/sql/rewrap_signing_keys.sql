-- Store data keys of signing keys that were wrapped again, unless a later version wraps them by now.
UPDATE signing_key
SET wrapped_key = decode(given.wrapped, 'base64'), key_version = given.version
FROM json_to_recordset(%(keys)s::json) AS given (holder text, wrapped text, version integer)
WHERE signing_key.tenant = %(tenant)s
  AND signing_key.domain = split_part(given.holder, ' ', 1)
  AND signing_key.selector = split_part(given.holder, ' ', 2)
  AND signing_key.key_version < given.version
