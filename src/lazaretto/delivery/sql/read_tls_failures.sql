-- Read the failures with a domain on a day, most frequent first.
SELECT policy, kind, host, ip, sessions
FROM tls_failure
WHERE day = %(day)s
  AND domain = %(domain)s
ORDER BY sessions DESC, kind, host, ip
LIMIT %(wanted)s
