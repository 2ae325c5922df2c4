-- Read what was told of messages when they came and were looked at.
SELECT tenant, message, kind, details
FROM event
WHERE message = ANY (%(messages)s::uuid[])
  AND kind IN ('received', 'scanned')
  AND at >= %(since)s
ORDER BY seq
