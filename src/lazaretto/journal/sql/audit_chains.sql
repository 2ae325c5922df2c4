-- Return the tenants that have an audit chain.
SELECT tenant
FROM audit_chain
ORDER BY tenant
