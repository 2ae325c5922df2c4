-- Find days that ended and domains of which a report is still owed, oldest first.
SELECT DISTINCT day, domain
FROM tls_session AS counted
WHERE day < %(before)s
  AND day >= %(since)s
  AND NOT EXISTS (
      SELECT
      FROM tls_report_sent AS sent
      WHERE sent.day = counted.day
        AND sent.domain = counted.domain
        AND sent.target = ''
  )
ORDER BY day, domain
LIMIT %(wanted)s
