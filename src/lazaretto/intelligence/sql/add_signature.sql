-- Add a signature that nobody has spoken about yet.
INSERT INTO signature (kind, enough, state, made_at, changed_at, expires_at)
VALUES (%(kind)s, %(enough)s, 'counted', %(now)s, %(now)s, %(expires_at)s)
RETURNING id
