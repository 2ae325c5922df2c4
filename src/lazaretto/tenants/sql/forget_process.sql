-- Forget the process at this end of the connection: it stops following.
DELETE FROM process_version
WHERE backend = pg_backend_pid()
