-- Count looks of a tenant in a span of time.
SELECT count(*)
FROM trace_look
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND received_at < %(until)s
