-- Apply moves of copies: queue rows, places, counts and events in one go.
WITH removed AS (
    DELETE FROM queue
    USING json_to_recordset(%(removed)s::json) AS given (tenant integer, message uuid, number smallint)
    WHERE queue.tenant = given.tenant
      AND queue.message = given.message
      AND queue.number = given.number
),
put_off AS (
    UPDATE queue
    SET recipients = given.recipients, destination = given.destination, next_at = given.next_at,
        failures = given.failures, last_reply = given.last_reply, owner = NULL
    FROM json_to_recordset(%(put_off)s::json) AS given (
        tenant integer, message uuid, number smallint, recipients smallint[], destination text,
        next_at timestamptz, failures integer, last_reply text
    )
    WHERE queue.tenant = given.tenant
      AND queue.message = given.message
      AND queue.number = given.number
),
moved AS (
    UPDATE recipient
    SET place = given.place, deliver_to = coalesce(given.deliver_to, recipient.deliver_to),
        settled_at = given.at
    FROM json_to_recordset(%(moves)s::json) AS given (
        tenant integer, message uuid, number smallint, place text, at timestamptz, deliver_to text
    )
    WHERE recipient.tenant = given.tenant
      AND recipient.message = given.message
      AND recipient.number = given.number
      AND recipient.place NOT IN ('delivered', 'bounced', 'deleted', 'refused')
    RETURNING recipient.tenant, recipient.place, recipient.additional
),
counted AS (
    INSERT INTO ledger (tenant, entry, recipients)
    SELECT tenant, place, count(*)
    FROM moved
    WHERE NOT additional
      AND place IN ('delivered', 'bounced', 'deleted', 'refused')
    GROUP BY tenant, place
),
added AS (
    INSERT INTO recipient (
        tenant, message, number, address, deliver_to, notify, original, place, additional, settled_at
    )
    SELECT tenant, message, number, address, deliver_to, notify, original, place, additional, settled_at
    FROM json_to_recordset(%(recipients)s::json) AS given (
        tenant integer, message uuid, number smallint, address text, deliver_to text, notify text,
        original text, place text, additional boolean, settled_at timestamptz
    )
),
queued AS (
    INSERT INTO queue (
        tenant, message, number, kind, destination, direction, recipients, splices, next_at, attempt, owner,
        failures, expires_at, last_reply
    )
    SELECT
        tenant, message, number, kind, destination, direction, recipients, decode(splices, 'base64'), next_at,
        attempt, owner, failures, expires_at, last_reply
    FROM json_to_recordset(%(queue)s::json) AS given (
        tenant integer, message uuid, number smallint, kind text, destination text, direction text,
        recipients smallint[], splices text, next_at timestamptz, attempt integer, owner integer,
        failures integer, expires_at timestamptz, last_reply text
    )
),
quarantined AS (
    INSERT INTO quarantine (
        day, id, tenant, message, number, direction, recipients, addresses, reason, quarantined_at, expires_at
    )
    SELECT
        day, id, tenant, message, number, direction, recipients, addresses, reason, quarantined_at, expires_at
    FROM json_to_recordset(%(quarantine)s::json) AS given (
        day date, id uuid, tenant integer, message uuid, number smallint, direction text,
        recipients smallint[], addresses text[], reason text, quarantined_at timestamptz,
        expires_at timestamptz
    )
),
ended AS (
    UPDATE quarantine
    SET ended_at = given.ended_at, ended_as = given.ended_as
    FROM json_to_recordset(%(ended)s::json) AS given (id uuid, ended_at timestamptz, ended_as text)
    WHERE quarantine.id = given.id
),
numbered AS (
    UPDATE message
    SET next_number = given.next_number
    FROM json_to_recordset(%(numbers)s::json) AS given (tenant integer, message uuid, next_number smallint)
    WHERE message.tenant = given.tenant
      AND message.id = given.message
)
INSERT INTO outbox (payload)
SELECT given.payload
FROM ROWS FROM (
    json_to_recordset(%(events)s::json) AS (payload jsonb)
) WITH ORDINALITY AS given (payload, place_in_line)
ORDER BY given.place_in_line
