-- Keep an event that the trace cannot take, for people to look at.
INSERT INTO outbox_unreadable (seq, payload, problem)
SELECT seq, payload, %(problem)s
FROM outbox
WHERE seq = %(seq)s
ON CONFLICT DO NOTHING
