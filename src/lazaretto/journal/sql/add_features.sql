-- Keep the traits of messages that were let through, or may be yet.
INSERT INTO feature (received_at, tenant, message, digests, names, subject)
SELECT received_at, tenant, message, digests, names, subject
FROM json_to_recordset(%(features)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, digests bigint[], names text[], subject text
)
