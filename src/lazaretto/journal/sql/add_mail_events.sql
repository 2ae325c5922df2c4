-- Add detailed records of safe mail; one that is known stays as it is.
INSERT INTO mail_event (received_at, tenant, message, event)
SELECT received_at, tenant, message, event
FROM json_to_recordset(%(mail)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, event jsonb
)
ON CONFLICT DO NOTHING
