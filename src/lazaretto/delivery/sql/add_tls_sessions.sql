-- Add sessions to what is counted already of the same days, domains and policies.
INSERT INTO tls_session (day, domain, policy, lines, successful, failed)
SELECT day, domain, policy, lines, successful, failed
FROM json_to_recordset(%(counted)s::json) AS given (
    day date, domain text, policy text, lines text[], successful bigint, failed bigint
)
ON CONFLICT (day, domain, policy) DO UPDATE
SET successful = tls_session.successful + excluded.successful,
    failed = tls_session.failed + excluded.failed,
    lines = CASE WHEN excluded.lines = '{}' THEN tls_session.lines ELSE excluded.lines END
