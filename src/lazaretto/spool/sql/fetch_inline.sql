-- Return the sealed octets of a message's inline content, wherever it rests by now.
WITH known AS (
    SELECT tenant, id, stored_at
    FROM message
    WHERE tenant = %(tenant)s
      AND id = %(message)s
)
SELECT content.octets
FROM known
JOIN content ON content.tenant = known.tenant
            AND content.message = known.id
            AND content.stored_at = known.stored_at
UNION ALL
SELECT content_kept.octets
FROM known
JOIN content_kept ON content_kept.tenant = known.tenant
                 AND content_kept.message = known.id
                 AND content_kept.stored_at = known.stored_at
LIMIT 1
