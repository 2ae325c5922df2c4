-- Lease the outlets that are due.
UPDATE outlet
SET next_at = %(until)s
WHERE id IN (
    SELECT due.id
    FROM outlet AS due
    WHERE due.is_active
      AND due.next_at <= %(now)s
    ORDER BY due.next_at
    LIMIT 100
    FOR UPDATE SKIP LOCKED
)
RETURNING
    id, tenant, name, target, format, kinds, generation, created_by, created_at, place, is_active, failures,
    failing_since, next_at, problem, sent_at
