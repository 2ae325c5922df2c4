-- Take up one hour to be counted; who notes it again meanwhile waits until it is counted.
DELETE FROM traffic_to_count
WHERE tenant = %(tenant)s
  AND hour = %(hour)s
RETURNING hour
