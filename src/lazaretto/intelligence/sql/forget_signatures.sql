-- Forget signatures whose time is over.
DELETE FROM signature
WHERE expires_at <= %(now)s
