-- Let entries of one tenant, or of the operator, count for longer; return their numbers.
UPDATE indicator
SET expires_at = %(expires_at)s, changed_at = %(now)s
WHERE id = ANY(%(ids)s)
  AND tenant IS NOT DISTINCT FROM %(tenant)s
RETURNING id
