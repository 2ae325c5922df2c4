-- Note what a tenant's people decided about a refused sender, or proposed to a second person.
UPDATE plea
SET decision = %(decision)s, decided_by = %(by)s, decided_at = %(now)s, proposal = %(proposal)s
WHERE tenant = %(tenant)s
  AND id = %(id)s
  AND decision IS NULL
