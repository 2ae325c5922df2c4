-- Note which copies left the quarantine, and how.
UPDATE quarantine
SET ended_at = given.ended_at, ended_as = given.ended_as
FROM json_to_recordset(%(rows)s::json) AS given (id uuid, ended_at timestamptz, ended_as text)
WHERE quarantine.id = given.id
