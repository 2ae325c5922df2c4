-- Note that a decision was mailed to the one who had asked.
INSERT INTO told_decision (request, told_at)
VALUES (%(request)s, %(now)s)
ON CONFLICT (request) DO NOTHING
