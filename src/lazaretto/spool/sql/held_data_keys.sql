-- List data keys of a tenant that an older version of its key wraps, in the order of their messages.
SELECT id, wrapped_key, key_version
FROM message
WHERE tenant = %(tenant)s
  AND id > %(after)s
  AND key_version < %(version)s
  AND wrapped_key <> ''::bytea
ORDER BY id
LIMIT %(wanted)s
