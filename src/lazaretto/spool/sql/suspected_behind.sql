-- List suspected copies at rest that were not looked at with a bundle yet.
SELECT quarantine.id, suspected.bundle
FROM quarantine
LEFT JOIN suspected ON suspected.quarantine = quarantine.id
WHERE quarantine.reason = 'suspected'
  AND quarantine.ended_at IS NULL
  AND (suspected.bundle IS NULL OR suspected.bundle <> %(bundle)s)
ORDER BY quarantine.quarantined_at
LIMIT %(wanted)s
