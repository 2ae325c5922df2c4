-- Let a tenant's audit chain begin behind an entry that is forgotten.
UPDATE audit_chain
SET forgotten_number = %(number)s, forgotten_hash = %(hash)s, forgotten_at = %(at)s
WHERE tenant = %(tenant)s
