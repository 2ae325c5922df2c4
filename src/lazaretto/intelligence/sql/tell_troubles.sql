-- Note what is wrong with looking on one machine.
INSERT INTO machine_troubles (node, host, seen_at, troubles)
VALUES (%(node)s, %(host)s, %(seen_at)s, %(troubles)s::jsonb)
ON CONFLICT (node) DO UPDATE
SET host = excluded.host, seen_at = excluded.seen_at, troubles = excluded.troubles
