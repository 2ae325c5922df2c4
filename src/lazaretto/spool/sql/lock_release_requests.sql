-- Lock requests that wait for a decision.
SELECT id, tenant, message, quarantine, target, reason, requested_by, requested_at, alone, state, second_look,
       looked_with, decided_by, decided_at, decision_reason
FROM release_request
WHERE id = ANY (%(ids)s)
  AND state = %(state)s
ORDER BY id
FOR UPDATE
