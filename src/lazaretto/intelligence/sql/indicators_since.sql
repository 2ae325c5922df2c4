-- Read entries that came or changed after a moment and that stop mail.
SELECT id, tenant, kind, value, direction, changed_at
FROM indicator
WHERE changed_at > %(since)s
  AND expires_at > %(now)s
  AND action IN ('block', 'quarantine')
ORDER BY changed_at
