-- Make a tenant's audit chain unless there is one.
INSERT INTO audit_chain (tenant, number, hash)
VALUES (%(tenant)s, 0, %(first)s)
ON CONFLICT DO NOTHING
