-- List the messages for which settings on trial would have led elsewhere.
SELECT DISTINCT message::text
FROM trace_look
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND shadow IS NOT NULL
