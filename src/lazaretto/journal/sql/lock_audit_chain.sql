-- Take the head of a tenant's audit chain; whoever holds it adds the next entry.
SELECT number, hash
FROM audit_chain
WHERE tenant = %(tenant)s
FOR UPDATE
