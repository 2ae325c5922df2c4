-- Return the number of the first entry of a tenant's audit chain that is not older than a moment.
SELECT number
FROM audit_entry
WHERE tenant = %(tenant)s
  AND at >= %(before)s
ORDER BY number
LIMIT 1
