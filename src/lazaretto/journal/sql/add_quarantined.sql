-- Add copies that came to rest to the quarantine's search index.
INSERT INTO quarantine (id, tenant, message, addresses, reason, quarantined_at, expires_at)
SELECT id, tenant, message, addresses, reason, quarantined_at, expires_at
FROM json_to_recordset(%(quarantined)s::json) AS given (
    id uuid, tenant integer, message uuid, addresses text[], reason text, quarantined_at timestamptz,
    expires_at timestamptz
)
ON CONFLICT DO NOTHING
