-- List what was counted of TLS with other domains, newest first, and what became of our reports about it.
SELECT
    counted.day,
    counted.domain,
    counted.policy,
    counted.successful,
    counted.failed,
    COALESCE(
        (
            SELECT array_agg(trim(concat_ws(' ', sent.target, sent.outcome)) ORDER BY sent.target)
            FROM tls_report_sent AS sent
            WHERE sent.day = counted.day
              AND sent.domain = counted.domain
        ),
        '{}'
    ) AS reports
FROM tls_session AS counted
WHERE %(domain)s::text IS NULL
   OR counted.domain = %(domain)s
ORDER BY counted.day DESC, counted.domain, counted.policy
LIMIT %(wanted)s
