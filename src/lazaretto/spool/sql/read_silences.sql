-- Read who is left alone, most failures first.
SELECT name, failures, until
FROM silence
WHERE until > %(now)s
ORDER BY failures DESC
LIMIT 10000
