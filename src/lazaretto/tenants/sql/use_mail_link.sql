-- Note that a link in a mail was used; nothing where it was used before.
INSERT INTO used_mail_link (digest, used_at, expires_at)
VALUES (%(digest)s, %(now)s, %(expires_at)s)
ON CONFLICT (digest) DO NOTHING
RETURNING used_at
