-- Forget sessions, links and failed attempts that are over.
WITH sessions AS (
    DELETE FROM account_session
    WHERE expire_date <= %(now)s
), links AS (
    DELETE FROM account_link
    WHERE expires_at <= %(now)s
)
DELETE FROM account_failure
WHERE last_at <= %(now)s - interval '1 hour'
