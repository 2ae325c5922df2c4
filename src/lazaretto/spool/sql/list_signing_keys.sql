-- List signing keys that changed since a moment, of one tenant or of all, removed ones included.
SELECT tenant, domain, selector, algorithm, record, sealed, wrapped_key, key_version, state, created_at, changed_at
FROM signing_key
WHERE changed_at >= %(since)s
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
ORDER BY domain, created_at, selector
