-- Return the head of a tenant's audit chain.
SELECT number, hash
FROM audit_chain
WHERE tenant = %(tenant)s
