-- Forget learned addresses of a tenant.
DELETE FROM learned_address
WHERE tenant = %(tenant)s
  AND address = ANY(%(addresses)s)
