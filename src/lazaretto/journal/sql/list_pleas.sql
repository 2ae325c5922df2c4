-- Return what refused senders asked of a tenant, what waits for a decision first, latest first.
SELECT
    id, tenant, reference, message, sender, asked_at, times, decision, decided_by, decided_at
FROM plea
WHERE tenant = %(tenant)s
  AND (%(id)s::bigint IS NULL OR id = %(id)s)
ORDER BY (decision IS NULL) DESC, asked_at DESC, id DESC
LIMIT %(wanted)s
