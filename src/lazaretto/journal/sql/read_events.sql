-- Return the events of messages in the order in which they were committed.
SELECT message, at, kind, recipients, details
FROM event
WHERE message = ANY (%(messages)s::uuid[])
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND at >= %(began)s
ORDER BY seq
