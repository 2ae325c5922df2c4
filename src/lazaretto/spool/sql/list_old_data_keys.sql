-- List data keys of a tenant that an older version of its key wraps.
SELECT id, wrapped_key, key_version
FROM message
WHERE tenant = %(tenant)s
  AND key_version < %(version)s
  AND wrapped_key <> ''::bytea
LIMIT %(wanted)s
