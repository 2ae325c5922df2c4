-- Add failed sessions by kind and host.
INSERT INTO tls_failure (day, domain, policy, kind, host, ip, sessions)
SELECT day, domain, policy, kind, host, ip, sessions
FROM json_to_recordset(%(failures)s::json) AS given (
    day date, domain text, policy text, kind text, host text, ip text, sessions bigint
)
ON CONFLICT (day, domain, policy, kind, host, ip) DO UPDATE
SET sessions = tls_failure.sessions + excluded.sessions
