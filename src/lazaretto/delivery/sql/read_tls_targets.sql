-- Read what became of a report so far, by target.
SELECT target, is_settled, attempts
FROM tls_report_sent
WHERE day = %(day)s
  AND domain = %(domain)s
