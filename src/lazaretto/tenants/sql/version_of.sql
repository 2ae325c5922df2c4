-- Find the document of one version of the tenant called so.
SELECT tenant_version.document
FROM tenant
JOIN tenant_version ON tenant_version.tenant = tenant.id
WHERE tenant.name = %(name)s
  AND tenant_version.version = %(version)s
