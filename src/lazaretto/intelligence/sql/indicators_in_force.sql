-- Read every entry that has not ended.
SELECT id, tenant, kind, value, action, direction, expires_at
FROM indicator
WHERE expires_at > %(now)s
ORDER BY id
