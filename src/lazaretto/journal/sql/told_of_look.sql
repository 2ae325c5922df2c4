-- Read what was told to a tenant of the look at a message.
SELECT details
FROM event
WHERE message = %(message)s
  AND tenant = %(tenant)s
  AND kind = 'scanned'
ORDER BY at DESC, seq DESC
LIMIT 1
