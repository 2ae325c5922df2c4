-- List cases that came from people and are answered, whose reporters were not told, oldest first.
SELECT
    id, tenant, is_spam, reporter, subject_of, state, opened_at, answered_at, verdict, score, findings, effect,
    way
FROM report_case
WHERE told_at IS NULL
  AND way <> ''
  AND state <> 'open'
ORDER BY opened_at
LIMIT %(wanted)s
