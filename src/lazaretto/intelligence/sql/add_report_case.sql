-- Add a report as a case.
INSERT INTO report_case (
    id, tenant, is_spam, reporter, subject_of, state, opened_at, answered_at, verdict, score, findings, effect
)
VALUES (
    %(id)s, %(tenant)s, %(is_spam)s, %(reporter)s, %(subject_of)s, %(state)s, %(opened_at)s, %(answered_at)s,
    %(verdict)s, %(score)s, %(findings)s::jsonb, %(effect)s
)
