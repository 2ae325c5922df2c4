-- Decide an open proposal; no row where it was decided or has ended.
UPDATE proposal
SET decision = %(decision)s, decided_by = %(by)s, decided_at = %(now)s, reason = %(reason)s
WHERE id = %(id)s
  AND decision IS NULL
  AND expires_at > %(now)s
RETURNING id
