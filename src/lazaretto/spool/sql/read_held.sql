-- Return queue rows with what belongs to them of their messages and recipients.
SELECT
    queue.tenant, queue.message, queue.number, queue.kind, queue.destination, queue.direction,
    queue.splices, queue.next_at, queue.attempt, queue.owner, queue.failures, queue.expires_at,
    queue.last_reply, message.received_at, message.reverse_path, message.eight_bit, message.smtputf8,
    message.envid, message.ret, message.trace_header, message.size, message.sha256, message.content_kind,
    message.content_reference, message.wrapped_key, message.key_version, message.return_path_trusted,
    message.submission, message.next_number,
    (
        SELECT coalesce(
            json_agg(
                json_build_object(
                    'number', recipient.number, 'address', recipient.address,
                    'deliver_to', recipient.deliver_to, 'notify', recipient.notify,
                    'original', recipient.original
                )
                ORDER BY recipient.number
            ), '[]'
        )::text
        FROM recipient
        WHERE recipient.tenant = queue.tenant
          AND recipient.message = queue.message
          AND recipient.number = ANY (queue.recipients)
          AND recipient.place NOT IN ('delivered', 'bounced', 'deleted', 'refused', 'quarantined')
    ) AS recipients
FROM json_to_recordset(%(rows)s::json) AS given (tenant integer, message uuid, number smallint)
JOIN queue ON queue.tenant = given.tenant
          AND queue.message = given.message
          AND queue.number = given.number
JOIN message ON message.tenant = given.tenant
            AND message.id = given.message
ORDER BY queue.next_at, queue.tenant, queue.message, queue.number
