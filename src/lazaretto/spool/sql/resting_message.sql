-- Read what it takes to look at a quarantined copy again.
SELECT quarantine.id, quarantine.tenant, quarantine.message, quarantine.direction, quarantine.addresses,
       quarantine.reason, message.received_at, message.reverse_path, message.smtputf8, message.size,
       message.sha256, message.content_kind, message.content_reference, message.wrapped_key,
       message.key_version
FROM quarantine
JOIN message ON message.tenant = quarantine.tenant
            AND message.id = quarantine.message
WHERE quarantine.id = %(id)s
  AND quarantine.ended_at IS NULL
