-- Find the version in force of the tenant called so if its document is this very text.
SELECT tenant.id, tenant.version, tenant.publication
FROM tenant
JOIN tenant_version ON tenant_version.tenant = tenant.id AND tenant_version.version = tenant.version
WHERE tenant.name = %(name)s
  AND tenant_version.document = %(document)s
