-- Put copies to rest.
INSERT INTO quarantine (
    day, id, tenant, message, number, direction, recipients, addresses, reason, quarantined_at, expires_at
)
SELECT
    day, id, tenant, message, number, direction, recipients, addresses, reason, quarantined_at, expires_at
FROM json_to_recordset(%(rows)s::json) AS given (
    day date, id uuid, tenant integer, message uuid, number smallint, direction text,
    recipients smallint[], addresses text[], reason text, quarantined_at timestamptz,
    expires_at timestamptz
)
