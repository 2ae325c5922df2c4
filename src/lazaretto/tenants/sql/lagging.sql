-- List the living processes that do not have a publication in force yet.
SELECT process
FROM process_version
JOIN pg_stat_activity
    ON pg_stat_activity.pid = process_version.backend
    AND pg_stat_activity.backend_start = process_version.backend_start
WHERE publication < %(publication)s
ORDER BY process
