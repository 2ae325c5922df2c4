-- Forget buckets that are full again.
DELETE FROM request_rate
WHERE full_at < %(now)s
