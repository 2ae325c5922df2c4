-- Return what a reply's reference speaks of: one row for each tenant that the message was for.
SELECT event.tenant, event.message, event.at, trace_message.sender, trace_message.verdict
FROM event
JOIN trace_message ON trace_message.tenant = event.tenant
                  AND trace_message.message = event.message
WHERE event.kind = 'refused'
  AND event.details ->> 'reference' = %(reference)s
ORDER BY event.tenant
LIMIT 100
