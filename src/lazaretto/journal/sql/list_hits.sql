-- Count the looks of a tenant that found a sender on a list, by entry, with the last one.
SELECT look.received_at, look.message, look.look
FROM trace_look AS look
WHERE look.tenant = %(tenant)s
  AND look.received_at >= %(since)s
  AND look.symbols && ARRAY[
      'SENDER_APPROVED_ADDRESS', 'SENDER_APPROVED_IP', 'SENDER_BLOCKED_ADDRESS', 'SENDER_BLOCKED_IP'
  ]
