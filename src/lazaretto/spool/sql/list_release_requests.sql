-- List requests for releases, newest first.
SELECT id, tenant, message, quarantine, target, reason, requested_by, requested_at, alone, state, second_look,
       looked_with, decided_by, decided_at, decision_reason
FROM release_request
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s) OR message = ANY (%(ids)s) OR quarantine = ANY (%(ids)s))
  AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s))
ORDER BY requested_at DESC, id
LIMIT %(wanted)s
