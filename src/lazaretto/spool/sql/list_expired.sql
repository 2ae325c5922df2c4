-- List copies at rest whose time is over.
SELECT id
FROM quarantine
WHERE ended_at IS NULL
  AND expires_at <= %(now)s
ORDER BY expires_at
LIMIT %(wanted)s
