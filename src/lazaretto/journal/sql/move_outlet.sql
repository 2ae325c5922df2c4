-- Note up to where of the feed an outlet's other side has taken everything.
UPDATE outlet
SET place = %(place)s, failures = 0, failing_since = NULL, problem = '', sent_at = %(now)s,
    next_at = %(next_at)s
WHERE id = %(id)s
  AND place <= %(place)s
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
