-- Lock quarantined copies and their messages, and return what it takes to move them.
SELECT
    quarantine.id, quarantine.tenant, quarantine.message, quarantine.direction, quarantine.recipients,
    quarantine.addresses,
    (
        SELECT array_agg(recipient.deliver_to ORDER BY array_position(quarantine.recipients, recipient.number))
        FROM recipient
        WHERE recipient.tenant = quarantine.tenant
          AND recipient.message = quarantine.message
          AND recipient.number = ANY (quarantine.recipients)
    ) AS destinations,
    quarantine.reason, quarantine.ended_as, message.received_at, message.next_number
FROM quarantine
JOIN message ON message.tenant = quarantine.tenant
            AND message.id = quarantine.message
WHERE quarantine.id = ANY (%(ids)s)
  AND (%(tenant)s::integer IS NULL OR quarantine.tenant = %(tenant)s)
ORDER BY quarantine.tenant, quarantine.message, quarantine.id
FOR UPDATE OF quarantine, message
