-- Forget what was counted for TLS reports, and which were sent, before a day.
WITH sessions AS (
    DELETE FROM tls_session
    WHERE day < %(before)s
),
failures AS (
    DELETE FROM tls_failure
    WHERE day < %(before)s
)
DELETE FROM tls_report_sent
WHERE day < %(before)s
