-- Note what became of a report at one target; the empty target says that all is done.
INSERT INTO tls_report_sent (day, domain, target, at, is_settled, attempts, outcome)
VALUES (%(day)s, %(domain)s, %(target)s, %(at)s, %(is_settled)s, 1, %(outcome)s)
ON CONFLICT (day, domain, target) DO UPDATE
SET at = excluded.at,
    is_settled = excluded.is_settled,
    attempts = tls_report_sent.attempts + 1,
    outcome = excluded.outcome
