-- Read what was counted with a domain on a day.
SELECT policy, lines, successful, failed
FROM tls_session
WHERE day = %(day)s
  AND domain = %(domain)s
ORDER BY policy
