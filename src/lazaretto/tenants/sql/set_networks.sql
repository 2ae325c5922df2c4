-- Let exactly these networks send for a tenant.
WITH gone AS (
    DELETE FROM tenant_network
    WHERE tenant = %(tenant)s
      AND network <> ALL(%(networks)s::cidr[])
)
INSERT INTO tenant_network (network, tenant)
SELECT wanted.network, %(tenant)s
FROM unnest(%(networks)s::cidr[]) AS wanted (network)
ON CONFLICT (network) DO NOTHING
