-- Tell when the bucket of a key is full again.
SELECT full_at
FROM request_rate
WHERE key = %(key)s
