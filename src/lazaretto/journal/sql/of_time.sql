-- Which messages a search has still to find, after a condition.
  AND (
      %(after_time)s::timestamptz IS NULL
      OR (NOT %(oldest_first)s AND (trace_message.received_at, trace_message.message) < (%(after_time)s, %(after_id)s::uuid))
      OR (%(oldest_first)s AND (trace_message.received_at, trace_message.message) > (%(after_time)s, %(after_id)s::uuid))
  )
  AND (%(since)s::timestamptz IS NULL OR trace_message.received_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR trace_message.received_at < %(until)s)
