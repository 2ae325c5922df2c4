-- Add a report as a case, or note what came of one.
INSERT INTO report_case (
    id, tenant, is_spam, reporter, subject_of, state, opened_at, answered_at, verdict, score, findings, effect,
    way
)
VALUES (
    %(id)s, %(tenant)s, %(is_spam)s, %(reporter)s, %(subject_of)s, %(state)s, %(opened_at)s, %(answered_at)s,
    %(verdict)s, %(score)s, %(findings)s::jsonb, %(effect)s, %(way)s
)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, answered_at = excluded.answered_at, verdict = excluded.verdict,
    score = excluded.score, findings = excluded.findings, effect = excluded.effect
