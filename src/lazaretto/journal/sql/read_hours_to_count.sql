-- Return hours whose messages are to be counted, latest first.
SELECT tenant, hour
FROM traffic_to_count
ORDER BY hour DESC, tenant
LIMIT %(wanted)s
