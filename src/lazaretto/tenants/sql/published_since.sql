-- List the tenants that were published after a publication, and how to build their snapshots.
SELECT tenant.id, tenant.name, tenant.version, tenant.publication,
       tenant_version.snapshot_format, tenant_version.snapshot,
       CASE WHEN tenant_version.snapshot_format <> %(format)s THEN tenant_version.document END
FROM tenant
JOIN tenant_version ON tenant_version.tenant = tenant.id AND tenant_version.version = tenant.version
WHERE tenant.publication > %(publication)s
ORDER BY tenant.publication
