-- Let a tenant's audit chain end with its newest entry.
UPDATE audit_chain
SET number = %(number)s, hash = %(hash)s
WHERE tenant = %(tenant)s
