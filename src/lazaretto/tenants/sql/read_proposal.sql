-- Find one proposal of the tenant called so, with its document.
SELECT proposal.id, tenant.name AS tenant, based_on, note, proposed_by, proposed_at, expires_at,
       coalesce(decision, CASE WHEN expires_at <= %(now)s THEN 'expired' ELSE 'open' END) AS state,
       decided_by, decided_at, reason, proposal.version, document
FROM proposal
JOIN tenant ON tenant.id = proposal.tenant
WHERE tenant.name = %(name)s
  AND proposal.id = %(id)s
