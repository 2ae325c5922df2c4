-- Count a request of one key, unless that would be more than its burst; return nothing then.
-- Kept is the moment at which the bucket is full again: each request moves it on by a step.
INSERT INTO request_rate AS rate (key, full_at)
VALUES (%(key)s, %(now)s::timestamptz + %(step)s::interval)
ON CONFLICT (key) DO UPDATE
SET full_at = greatest(rate.full_at, %(now)s) + %(step)s
WHERE greatest(rate.full_at, %(now)s) + %(step)s <= %(now)s + %(burst)s
RETURNING full_at
