-- Add a version of a tenant's key unless it exists.
INSERT INTO tenant_key (tenant, version, wrapped, created_at, retired_at)
VALUES (%(tenant)s, %(version)s, %(wrapped)s, %(created_at)s, %(retired_at)s)
ON CONFLICT DO NOTHING
