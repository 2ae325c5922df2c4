-- End the proposals that nobody decided in time.
UPDATE proposal
SET decision = 'expired', decided_at = expires_at
WHERE decision IS NULL
  AND expires_at <= %(now)s
RETURNING tenant, id, proposed_by
