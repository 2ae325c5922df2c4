-- Let an outlet have another secret.
UPDATE outlet
SET generation = generation + 1
WHERE tenant = %(tenant)s
  AND id = %(id)s
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
