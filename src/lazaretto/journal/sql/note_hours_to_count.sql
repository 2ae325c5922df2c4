-- Note hours whose messages are to be counted again; updating waits for who counts them at this moment.
INSERT INTO traffic_to_count (tenant, hour)
SELECT tenant, hour
FROM json_to_recordset(%(hours)s::json) AS given (tenant integer, hour timestamptz)
ON CONFLICT (tenant, hour) DO UPDATE
SET tenant = EXCLUDED.tenant
