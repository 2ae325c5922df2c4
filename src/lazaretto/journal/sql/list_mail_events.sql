-- List detailed records of safe mail of a tenant, or of all for operators, oldest first.
SELECT number, event
FROM mail_event
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND received_at >= %(since)s
  AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
  AND number > %(after)s
ORDER BY number
LIMIT %(wanted)s
