-- List copies at rest, newest first or oldest first.
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
      OR (
          NOT %(oldest_first)s
          AND (quarantine.quarantined_at, quarantine.id) < (
              SELECT previous.quarantined_at, previous.id
              FROM quarantine AS previous
              WHERE previous.id = %(after)s
                AND (%(tenant)s::integer IS NULL OR previous.tenant = %(tenant)s)
          )
      )
      OR (
          %(oldest_first)s
          AND (quarantine.quarantined_at, quarantine.id) > (
              SELECT previous.quarantined_at, previous.id
              FROM quarantine AS previous
              WHERE previous.id = %(after)s
                AND (%(tenant)s::integer IS NULL OR previous.tenant = %(tenant)s)
          )
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
  AND (
      %(recipients)s::text[] IS NULL
      OR EXISTS (
          SELECT
          FROM unnest(quarantine.addresses) AS address
          WHERE lower(address) = ANY (%(recipients)s)
      )
  )
  AND (%(sender)s::text IS NULL OR message.reverse_path ILIKE %(sender)s)
  AND (%(subject)s::text IS NULL OR message.subject ILIKE %(subject)s)
  AND (%(reason)s::text IS NULL OR quarantine.reason = %(reason)s)
  AND (%(verdict)s::text IS NULL OR message.verdict = %(verdict)s)
  AND (%(since)s::timestamptz IS NULL OR quarantine.quarantined_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR quarantine.quarantined_at < %(until)s)
  AND (
      %(domains)s::text[] IS NULL
      OR NOT EXISTS (
          SELECT
          FROM unnest(quarantine.addresses) AS address
          WHERE (lower(substring(address FROM '[^@]*$')) = ANY (%(domains)s)) = %(all_except)s
      )
  )
ORDER BY
    CASE WHEN %(oldest_first)s THEN quarantine.quarantined_at END,
    CASE WHEN NOT %(oldest_first)s THEN quarantine.quarantined_at END DESC,
    CASE WHEN %(oldest_first)s THEN quarantine.id END,
    CASE WHEN NOT %(oldest_first)s THEN quarantine.id END DESC
LIMIT %(wanted)s
