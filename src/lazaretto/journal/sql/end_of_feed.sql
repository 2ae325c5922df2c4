-- Return the place of a tenant's latest event.
SELECT coalesce(max(shipped), 0)
FROM event
WHERE tenant = %(tenant)s
