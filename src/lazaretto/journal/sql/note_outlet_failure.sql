-- Note that an outlet's other side took nothing, and when to try again.
UPDATE outlet
SET failures = failures + 1, failing_since = %(since)s, problem = %(problem)s, next_at = %(next_at)s,
    is_active = %(is_active)s
WHERE id = %(id)s
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
