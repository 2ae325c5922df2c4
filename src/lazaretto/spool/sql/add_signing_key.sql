-- Add a signing key; nothing happens where the selector was ever used for the domain.
INSERT INTO signing_key (
    domain, selector, tenant, algorithm, record, sealed, wrapped_key, key_version, state, created_at, changed_at
)
VALUES (
    %(domain)s, %(selector)s, %(tenant)s, %(algorithm)s, %(record)s, %(sealed)s, %(wrapped_key)s,
    %(key_version)s, %(state)s, %(now)s, %(now)s
)
ON CONFLICT DO NOTHING
