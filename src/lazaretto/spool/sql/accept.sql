-- Add messages with all that belongs to them; of a message that exists already, nothing is added.
WITH fresh AS (
    INSERT INTO message (
        tenant, id, received_at, stored_at, reverse_path, eight_bit, smtputf8, envid, ret, trace_header,
        subject, message_id, size, sha256, content_kind, content_reference, wrapped_key, key_version,
        verdict, return_path_trusted, submission, next_number, done_at
    )
    SELECT
        tenant, id, received_at, stored_at, reverse_path, eight_bit, smtputf8, envid, ret,
        decode(trace_header, 'base64'), subject, message_id, size, decode(sha256, 'base64'), content_kind,
        content_reference, decode(wrapped_key, 'base64'), key_version, verdict, return_path_trusted,
        decode(submission, 'base64'), next_number, done_at
    FROM json_to_recordset(%(messages)s::json) AS given (
        tenant integer, id uuid, received_at timestamptz, stored_at timestamptz, reverse_path text,
        eight_bit boolean, smtputf8 boolean, envid text, ret text, trace_header text, subject text,
        message_id text, size bigint, sha256 text, content_kind text, content_reference text,
        wrapped_key text, key_version integer, verdict text, return_path_trusted boolean, submission text,
        next_number smallint, done_at timestamptz
    )
    ON CONFLICT DO NOTHING
    RETURNING tenant, id
),
contents AS (
    INSERT INTO content (tenant, message, stored_at, octets)
    SELECT given.tenant, given.message, given.stored_at, sealed.octets
    FROM json_to_recordset(%(contents)s::json) AS given (
        tenant integer, message uuid, stored_at timestamptz, slot bigint
    )
    JOIN unnest(%(octets)b::bytea[]) WITH ORDINALITY AS sealed (octets, slot) ON sealed.slot = given.slot
    JOIN fresh ON fresh.tenant = given.tenant AND fresh.id = given.message
),
recipients AS (
    INSERT INTO recipient (
        tenant, message, number, address, deliver_to, notify, original, place, additional, settled_at
    )
    SELECT
        given.tenant, given.message, given.number, given.address, given.deliver_to, given.notify,
        given.original, given.place, given.additional, given.settled_at
    FROM json_to_recordset(%(recipients)s::json) AS given (
        tenant integer, message uuid, number smallint, address text, deliver_to text, notify text,
        original text, place text, additional boolean, settled_at timestamptz
    )
    JOIN fresh ON fresh.tenant = given.tenant AND fresh.id = given.message
    RETURNING tenant, place, additional
),
counted AS (
    INSERT INTO ledger (tenant, entry, recipients)
    SELECT tenant, 'accepted', count(*)
    FROM recipients
    WHERE NOT additional
    GROUP BY tenant
    UNION ALL
    SELECT tenant, place, count(*)
    FROM recipients
    WHERE NOT additional
      AND place = 'deleted'
    GROUP BY tenant, place
),
queued AS (
    INSERT INTO queue (
        tenant, message, number, kind, destination, direction, recipients, splices, next_at, attempt, owner,
        failures, expires_at, last_reply
    )
    SELECT
        given.tenant, given.message, given.number, given.kind, given.destination, given.direction,
        given.recipients, decode(given.splices, 'base64'), given.next_at, given.attempt, given.owner,
        given.failures, given.expires_at, given.last_reply
    FROM json_to_recordset(%(queue)s::json) AS given (
        tenant integer, message uuid, number smallint, kind text, destination text, direction text,
        recipients smallint[], splices text, next_at timestamptz, attempt integer, owner integer,
        failures integer, expires_at timestamptz, last_reply text
    )
    JOIN fresh ON fresh.tenant = given.tenant AND fresh.id = given.message
),
quarantined AS (
    INSERT INTO quarantine (
        day, id, tenant, message, number, direction, recipients, addresses, reason, quarantined_at, expires_at
    )
    SELECT
        given.day, given.id, given.tenant, given.message, given.number, given.direction, given.recipients,
        given.addresses, given.reason, given.quarantined_at, given.expires_at
    FROM json_to_recordset(%(quarantine)s::json) AS given (
        day date, id uuid, tenant integer, message uuid, number smallint, direction text,
        recipients smallint[], addresses text[], reason text, quarantined_at timestamptz,
        expires_at timestamptz
    )
    JOIN fresh ON fresh.tenant = given.tenant AND fresh.id = given.message
)
INSERT INTO outbox (payload)
SELECT given.payload
FROM ROWS FROM (
    json_to_recordset(%(events)s::json) AS (tenant integer, message uuid, payload jsonb, guarded boolean)
) WITH ORDINALITY AS given (tenant, message, payload, guarded, place_in_line)
LEFT JOIN fresh ON fresh.tenant = given.tenant AND fresh.id = given.message
WHERE fresh.id IS NOT NULL
   OR NOT given.guarded
ORDER BY given.place_in_line
