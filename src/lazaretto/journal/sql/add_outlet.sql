-- Make an outlet.
INSERT INTO outlet (id, tenant, name, target, format, kinds, created_by, created_at, place, next_at)
VALUES (
    %(id)s, %(tenant)s, %(name)s, %(target)s, %(format)s, %(kinds)s, %(by)s, %(now)s, %(place)s, %(now)s
)
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
