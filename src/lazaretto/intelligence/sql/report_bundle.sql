-- Say which bundle this machine works with, and forget reports whose connection has ended.
WITH ended AS (
    DELETE FROM bundle_node AS known
    WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE pid = known.backend
          AND pg_stat_activity.backend_start = known.backend_start
    )
)
INSERT INTO bundle_node (backend, backend_start, node, installation, version, problem)
SELECT pid, backend_start, %(node)s, %(installation)s, %(version)s, %(problem)s
FROM pg_stat_activity
WHERE pid = pg_backend_pid()
ON CONFLICT (backend, backend_start) DO UPDATE
SET installation = EXCLUDED.installation, version = EXCLUDED.version, problem = EXCLUDED.problem, at = now()
