-- List cases of a tenant, or of all, newest first.
SELECT
    id, tenant, is_spam, reporter, subject_of, state, opened_at, answered_at, verdict, score, findings, effect,
    way
FROM report_case
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
ORDER BY opened_at DESC
LIMIT %(wanted)s
