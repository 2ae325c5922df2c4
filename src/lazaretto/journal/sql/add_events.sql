-- Add events to the trace and return which of them are new to it.
INSERT INTO event (at, seq, tenant, message, kind, recipients, details)
SELECT at, seq, tenant, message, kind, recipients, details
FROM json_to_recordset(%(events)s::json) AS given (
    seq bigint, at timestamptz, tenant integer, message uuid, kind text, recipients text[], details jsonb
)
ON CONFLICT DO NOTHING
RETURNING seq
