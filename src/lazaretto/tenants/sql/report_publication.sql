-- Say which publication this process has in force, and forget those that have ended.
WITH ended AS (
    SELECT backend, backend_start
    FROM process_version AS known
    WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE pid = known.backend
          AND pg_stat_activity.backend_start = known.backend_start
    )
    FOR UPDATE SKIP LOCKED
),
forgotten AS (
    DELETE FROM process_version AS known
    USING ended
    WHERE known.backend = ended.backend
      AND known.backend_start = ended.backend_start
)
INSERT INTO process_version (backend, backend_start, process, publication)
SELECT pid, backend_start, %(process)s, %(publication)s
FROM pg_stat_activity
WHERE pid = pg_backend_pid()
ON CONFLICT (backend, backend_start) DO UPDATE
SET publication = EXCLUDED.publication, at = now()
