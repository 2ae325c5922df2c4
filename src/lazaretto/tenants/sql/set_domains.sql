-- Let exactly these domains receive for a tenant.
WITH gone AS (
    DELETE FROM tenant_domain
    WHERE tenant = %(tenant)s
      AND domain <> ALL(%(domains)s)
)
INSERT INTO tenant_domain (domain, tenant)
SELECT wanted.domain, %(tenant)s
FROM unnest(%(domains)s::text[]) AS wanted (domain)
ON CONFLICT (domain) DO NOTHING
