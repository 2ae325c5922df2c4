-- Remove entries of one tenant, or of the operator; return their numbers.
DELETE FROM indicator
WHERE id = ANY(%(ids)s)
  AND tenant IS NOT DISTINCT FROM %(tenant)s
RETURNING id
