-- Remove messages of which nothing is left to do, with everything that belongs to them.
WITH old AS (
    SELECT tenant, id, stored_at
    FROM message
    WHERE done_at < %(before)s
    ORDER BY done_at
    LIMIT %(wanted)s
    FOR UPDATE SKIP LOCKED
),
recipients AS (
    DELETE FROM recipient
    USING old
    WHERE recipient.tenant = old.tenant
      AND recipient.message = old.id
),
queued AS (
    DELETE FROM queue
    USING old
    WHERE queue.tenant = old.tenant
      AND queue.message = old.id
),
quarantined AS (
    DELETE FROM quarantine
    USING old
    WHERE quarantine.tenant = old.tenant
      AND quarantine.message = old.id
),
kept AS (
    DELETE FROM content_kept
    USING old
    WHERE content_kept.tenant = old.tenant
      AND content_kept.message = old.id
      AND content_kept.stored_at = old.stored_at
)
DELETE FROM message
USING old
WHERE message.tenant = old.tenant
  AND message.id = old.id
RETURNING
    message.tenant, message.id AS message, message.content_kind, message.content_reference,
    message.wrapped_key, message.key_version, message.size, message.sha256
