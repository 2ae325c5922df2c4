-- Forget links that are over by themselves.
DELETE FROM used_mail_link
WHERE expires_at <= %(now)s
RETURNING digest
