-- Find the messages that came from a network.
SELECT tenant, message, received_at
FROM trace_message
WHERE received_at >= %(since)s
  AND client_ip <<= %(network)s::inet
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
LIMIT %(most)s
