-- List the proposals of the tenant called so, latest first, without their documents.
SELECT proposal.id, tenant.name AS tenant, based_on, note, proposed_by, proposed_at, expires_at,
       coalesce(decision, CASE WHEN expires_at <= %(now)s THEN 'expired' ELSE 'open' END) AS state,
       decided_by, decided_at, reason, proposal.version, '' AS document
FROM proposal
JOIN tenant ON tenant.id = proposal.tenant
WHERE tenant.name = %(name)s
  AND proposal.id < %(before)s
  AND (NOT %(open)s OR (decision IS NULL AND expires_at > %(now)s))
ORDER BY proposal.id DESC
LIMIT %(wanted)s
