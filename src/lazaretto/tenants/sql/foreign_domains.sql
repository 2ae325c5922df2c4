-- Find those of the domains that receive for another tenant.
SELECT tenant_domain.domain, tenant.name
FROM tenant_domain
JOIN tenant ON tenant.id = tenant_domain.tenant
WHERE tenant_domain.domain = ANY(%(domains)s)
  AND tenant.name <> %(name)s
ORDER BY tenant_domain.domain
