-- Count a tenant's words since a moment.
SELECT count(*)
FROM signature_vote
WHERE tenant = %(tenant)s
  AND at >= %(since)s
