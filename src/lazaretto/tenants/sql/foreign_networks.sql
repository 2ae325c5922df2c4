-- Find those of the networks that share an address with one that sends for another tenant.
SELECT wanted.network::text, tenant.name
FROM unnest(%(networks)s::cidr[]) AS wanted (network)
JOIN tenant_network ON tenant_network.network && wanted.network
JOIN tenant ON tenant.id = tenant_network.tenant
WHERE tenant.name <> %(name)s
ORDER BY wanted.network
