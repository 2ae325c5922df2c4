-- Let an outlet be due at once, also one that was switched off.
UPDATE outlet
SET is_active = true, failures = 0, failing_since = NULL, next_at = %(now)s
WHERE tenant = %(tenant)s
  AND id = %(id)s
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
