-- Make a suspected copy at rest malware.
UPDATE quarantine
SET reason = 'malware', expires_at = quarantined_at + %(keep)s
WHERE id = %(id)s
  AND reason = 'suspected'
  AND ended_at IS NULL
RETURNING tenant, message, addresses, expires_at
