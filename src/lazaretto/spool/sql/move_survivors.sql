-- Move content of messages that are not done from its hour into its day.
WITH surviving AS (
    SELECT content.tenant, content.message, content.stored_at
    FROM content
    JOIN message ON message.tenant = content.tenant
                AND message.id = content.message
                AND message.stored_at = content.stored_at
    WHERE content.stored_at >= %(start)s
      AND content.stored_at < %(end)s
      AND message.done_at IS NULL
    LIMIT %(wanted)s
),
moved AS (
    DELETE FROM content
    USING surviving
    WHERE content.stored_at >= %(start)s
      AND content.stored_at < %(end)s
      AND content.tenant = surviving.tenant
      AND content.message = surviving.message
      AND content.stored_at = surviving.stored_at
    RETURNING content.tenant, content.message, content.stored_at, content.octets
)
INSERT INTO content_kept (tenant, message, stored_at, octets)
SELECT tenant, message, stored_at, octets
FROM moved
