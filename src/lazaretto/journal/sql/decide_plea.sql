-- Note what a tenant's people decided about a refused sender.
UPDATE plea
SET decision = %(decision)s, decided_by = %(by)s, decided_at = %(now)s
WHERE tenant = %(tenant)s
  AND id = %(id)s
  AND decision IS NULL
RETURNING
    id, tenant, reference, message, sender, asked_at, times, decision, decided_by, decided_at
