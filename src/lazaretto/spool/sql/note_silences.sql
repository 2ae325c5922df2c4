-- Note who does not answer, and until when it is left alone.
INSERT INTO silence (name, failures, until)
SELECT name, failures, until
FROM json_to_recordset(%(rows)s::json) AS given (name text, failures integer, until timestamptz)
ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, until = excluded.until
