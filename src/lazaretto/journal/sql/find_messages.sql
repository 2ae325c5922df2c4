-- Find messages by what people know of them themselves, newest first or oldest first.
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM trace_message
WHERE true
-- include of_message
-- include of_domains
-- include of_time
-- include in_order
