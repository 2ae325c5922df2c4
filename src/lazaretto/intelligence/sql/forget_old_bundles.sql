-- Forget the octets of bundles that nobody goes back to, but neither their versions nor their story.
UPDATE bundle
SET octets = ''
WHERE octets <> ''
  AND version NOT IN (
    SELECT used.version
    FROM (
        SELECT version, max(number) AS latest
        FROM bundle_installation
        WHERE version IS NOT NULL
        GROUP BY version
    ) AS used
    ORDER BY used.latest DESC
    LIMIT %(kept)s
  )
