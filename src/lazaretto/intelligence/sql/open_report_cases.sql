-- List cases whose message is to be looked at again, oldest first.
SELECT
    id, tenant, is_spam, reporter, subject_of, state, opened_at, answered_at, verdict, score, findings, effect,
    way
FROM report_case
WHERE state = 'open'
ORDER BY opened_at
LIMIT %(wanted)s
