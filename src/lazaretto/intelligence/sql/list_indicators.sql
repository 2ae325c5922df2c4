-- List the entries of one tenant, or of the operator, newest first.
SELECT id, tenant, kind, value, action, direction, owner, reason, created_at, expires_at, hits, last_hit_at
FROM indicator
WHERE tenant IS NOT DISTINCT FROM %(tenant)s
ORDER BY id DESC
