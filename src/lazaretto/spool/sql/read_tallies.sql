-- Read what all counted since a time: under some subjects, or under every one.
SELECT tenant, subject, hour, amount
FROM tally
WHERE hour >= %(since)s
  AND (
      %(keys)s::json IS NULL
      OR (tenant, subject) IN (
          SELECT given.tenant, given.subject
          FROM json_to_recordset(%(keys)s::json) AS given (tenant integer, subject text)
      )
  )
