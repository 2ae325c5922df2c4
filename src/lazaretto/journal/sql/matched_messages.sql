-- Read what is told of messages that were matched, with those who have them.
SELECT trace_message.tenant, trace_message.message, trace_message.received_at, direction, sender, subject,
       message_id, host(client_ip), size,
       (
           SELECT array_agg(address ORDER BY address)
           FROM trace_recipient
           WHERE trace_recipient.received_at = trace_message.received_at
             AND trace_recipient.tenant = trace_message.tenant
             AND trace_recipient.message = trace_message.message
             AND place IN ('delivered', 'ready', 'delivering')
       ),
       EXISTS (
           SELECT 1
           FROM malware_event
           WHERE malware_event.tenant = trace_message.tenant
             AND malware_event.message = trace_message.message
       )
FROM json_to_recordset(%(messages)s::json) AS given (tenant integer, message uuid, received_at timestamptz)
JOIN trace_message USING (received_at, tenant, message)
