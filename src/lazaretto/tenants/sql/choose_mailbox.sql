-- Note what the owner of a mailbox chose.
INSERT INTO mailbox (tenant, address, language, digest, hours, silent)
VALUES (%(tenant)s, %(address)s, %(language)s, %(digest)s, %(hours)s::jsonb, %(silent)s)
ON CONFLICT (tenant, address) DO UPDATE
SET language = excluded.language, digest = excluded.digest, hours = excluded.hours, silent = excluded.silent
