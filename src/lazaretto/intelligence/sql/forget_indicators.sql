-- Forget entries that ended before a moment.
DELETE FROM indicator WHERE expires_at < %(before)s
