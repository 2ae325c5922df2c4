-- List copies at rest, newest first.
SELECT
    quarantine.id, quarantine.tenant, quarantine.message, message.message_id, message.subject,
    message.reverse_path, quarantine.addresses, quarantine.reason, message.verdict, message.size,
    message.received_at, quarantine.quarantined_at, quarantine.expires_at,
    quarantine.ended_as
FROM quarantine
JOIN message ON message.tenant = quarantine.tenant
            AND message.id = quarantine.message
WHERE (
      quarantine.ended_at IS NULL
      OR %(messages)s::uuid[] IS NOT NULL
      OR %(copies)s::uuid[] IS NOT NULL
  )
  AND (%(tenant)s::integer IS NULL OR quarantine.tenant = %(tenant)s)
  AND (%(messages)s::uuid[] IS NULL OR quarantine.message = ANY (%(messages)s))
  AND (%(copies)s::uuid[] IS NULL OR quarantine.id = ANY (%(copies)s))
  AND (
      %(after)s::uuid IS NULL
      OR (quarantine.quarantined_at, quarantine.id) < (
          SELECT previous.quarantined_at, previous.id
          FROM quarantine AS previous
          WHERE previous.id = %(after)s
            AND (%(tenant)s::integer IS NULL OR previous.tenant = %(tenant)s)
      )
  )
  AND (
      %(recipient)s::text IS NULL
      OR EXISTS (
          SELECT
          FROM unnest(quarantine.addresses) AS address
          WHERE lower(address) = lower(%(recipient)s)
      )
  )
ORDER BY quarantine.quarantined_at DESC, quarantine.id DESC
LIMIT %(wanted)s
