-- List the versions of the tenant called so, latest first.
SELECT tenant_version.version, published_at, published_by, note
FROM tenant
JOIN tenant_version ON tenant_version.tenant = tenant.id
WHERE tenant.name = %(name)s
ORDER BY tenant_version.version DESC
