-- Move copies: queue rows that end, places, counts and events in one go.
WITH removed AS (
    DELETE FROM queue
    USING json_to_recordset(%(removed)s::json) AS given (tenant integer, message uuid, number smallint)
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
)
INSERT INTO outbox (payload)
SELECT given.payload
FROM ROWS FROM (
    json_to_recordset(%(events)s::json) AS (payload jsonb)
) WITH ORDINALITY AS given (payload, place_in_line)
ORDER BY given.place_in_line
