-- List all versions of all tenants' keys.
SELECT tenant, version, wrapped, created_at, retired_at
FROM tenant_key
