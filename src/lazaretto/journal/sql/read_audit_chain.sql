-- Return the head of a tenant's audit chain, and the last entry that was forgotten.
SELECT number, hash, forgotten_number, forgotten_hash, forgotten_at
FROM audit_chain
WHERE tenant = %(tenant)s
