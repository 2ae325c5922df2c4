-- Forget the figures of one hour of a tenant.
DELETE FROM traffic_hour
WHERE tenant = %(tenant)s
  AND hour = %(hour)s
