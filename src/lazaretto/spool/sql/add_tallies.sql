-- Add what one process counted to what all counted.
INSERT INTO tally (tenant, subject, hour, amount)
SELECT tenant, subject, hour, amount
FROM json_to_recordset(%(rows)s::json) AS given (tenant integer, subject text, hour timestamptz, amount bigint)
ON CONFLICT (tenant, subject, hour) DO UPDATE SET amount = tally.amount + excluded.amount
