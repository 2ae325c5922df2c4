-- Return the oldest events of the outbox, unless another shipper is at work.
SELECT seq, payload::text
FROM outbox
WHERE (SELECT pg_try_advisory_xact_lock(1868920930))
ORDER BY seq
LIMIT %(wanted)s
