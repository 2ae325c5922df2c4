-- Find what it takes to read a message's octets again, for each tenant that keeps them.
SELECT tenant, content_kind, content_reference, wrapped_key, key_version, size, sha256
FROM message
WHERE id = %(message)s
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND wrapped_key <> ''::bytea
ORDER BY tenant
LIMIT 1
