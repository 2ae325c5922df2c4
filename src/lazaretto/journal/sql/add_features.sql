-- Keep the traits of messages that were let through.
INSERT INTO feature (received_at, tenant, message, digests)
SELECT received_at, tenant, message, digests
FROM json_to_recordset(%(features)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, digests bigint[]
)
