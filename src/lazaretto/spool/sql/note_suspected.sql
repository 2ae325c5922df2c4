-- Note with which bundle a suspected copy was looked at.
INSERT INTO suspected (quarantine, tenant, bundle, looked_at)
VALUES (%(quarantine)s, %(tenant)s, %(bundle)s, %(now)s)
ON CONFLICT (quarantine) DO UPDATE
SET bundle = EXCLUDED.bundle, looked_at = EXCLUDED.looked_at
