-- Find whether a folded address was learned.
SELECT 1
FROM learned_address
WHERE tenant = %(tenant)s
  AND address = %(address)s
