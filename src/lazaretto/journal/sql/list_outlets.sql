-- Return the outlets of a tenant by name.
SELECT
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
FROM outlet
WHERE tenant = %(tenant)s
ORDER BY name
