-- List the machines that were heard of since a moment, with what is wrong with looking there.
SELECT host, seen_at, troubles
FROM machine_troubles
WHERE seen_at >= %(since)s
ORDER BY host, node
