-- The rows of the queue that a selection means, whoever asks for them.
  AND (%(tenant)s::integer IS NULL OR queue.tenant = %(tenant)s)
  AND (%(ids)s::uuid[] IS NULL OR queue.message = ANY (%(ids)s))
  AND (%(destination)s::text IS NULL OR queue.destination = %(destination)s)
  AND (%(sender)s::text IS NULL OR lower(message.reverse_path) = %(sender)s)
  AND (%(reason)s::text IS NULL OR strpos(lower(queue.last_reply), %(reason)s) > 0)
  AND (%(held)s::boolean IS NULL OR (queue.kind IN ('hold', 'excess')) = %(held)s)
  AND (
      %(domain)s::text IS NULL
      OR lower(substring(message.reverse_path FROM '@([^@]*)$')) = %(domain)s
      OR EXISTS (
          SELECT
          FROM recipient
          WHERE recipient.tenant = queue.tenant
            AND recipient.message = queue.message
            AND recipient.number = ANY (queue.recipients)
            AND lower(substring(recipient.address FROM '@([^@]*)$')) = %(domain)s
      )
  )
