-- List data keys of a tenant's signing keys that an older version of its key wraps.
SELECT domain || ' ' || selector, wrapped_key, key_version
FROM signing_key
WHERE tenant = %(tenant)s
  AND key_version < %(version)s
  AND wrapped_key <> ''::bytea
ORDER BY domain, selector
LIMIT %(wanted)s
