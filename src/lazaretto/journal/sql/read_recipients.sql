-- Return the recipients of messages, in a stable order.
SELECT message, address, place, disposition
FROM trace_recipient
WHERE message = ANY (%(messages)s::uuid[])
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND received_at >= %(since)s
  AND received_at <= %(until)s
ORDER BY tenant, address
