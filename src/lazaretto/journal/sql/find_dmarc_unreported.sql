-- List days and domains whose DMARC reports are owed, oldest first.
SELECT DISTINCT dmarc_count.day, dmarc_count.domain
FROM dmarc_count
WHERE dmarc_count.day >= %(since)s
  AND dmarc_count.day < %(before)s
  AND NOT EXISTS (
      SELECT 1
      FROM dmarc_report
      WHERE dmarc_report.day = dmarc_count.day
        AND dmarc_report.domain = dmarc_count.domain
        AND dmarc_report.target = ''
  )
ORDER BY dmarc_count.day, dmarc_count.domain
LIMIT %(wanted)s
