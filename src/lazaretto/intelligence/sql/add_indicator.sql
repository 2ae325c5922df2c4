-- Add an entry, or renew and change the one about the same trait; return its number.
INSERT INTO indicator
    (tenant, kind, value, action, direction, owner, reason, created_at, changed_at, expires_at)
VALUES
    (%(tenant)s, %(kind)s, %(value)s, %(action)s, %(direction)s, %(owner)s, %(reason)s, %(now)s, %(now)s,
     %(expires_at)s)
ON CONFLICT (coalesce(tenant, 0), kind, value) DO UPDATE
SET action = EXCLUDED.action, direction = EXCLUDED.direction, owner = EXCLUDED.owner,
    reason = EXCLUDED.reason, changed_at = EXCLUDED.changed_at, expires_at = EXCLUDED.expires_at
RETURNING id
