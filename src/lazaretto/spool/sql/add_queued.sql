-- Queue copies.
INSERT INTO queue (
    tenant, message, number, kind, destination, direction, recipients, splices, next_at, attempt, owner,
    failures, expires_at, last_reply
)
SELECT
    tenant, message, number, kind, destination, direction, recipients, decode(splices, 'base64'), next_at,
    attempt, owner, failures, expires_at, last_reply
FROM json_to_recordset(%(rows)s::json) AS given (
    tenant integer, message uuid, number smallint, kind text, destination text, direction text,
    recipients smallint[], splices text, next_at timestamptz, attempt integer, owner integer,
    failures integer, expires_at timestamptz, last_reply text
)
