-- Find the version in force of the tenant called so.
SELECT tenant.id, tenant.version, tenant.publication, tenant_version.document
FROM tenant
JOIN tenant_version ON tenant_version.tenant = tenant.id AND tenant_version.version = tenant.version
WHERE tenant.name = %(name)s
