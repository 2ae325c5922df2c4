-- Say which publication a process has in force.
INSERT INTO process_version (process, publication, backend)
VALUES (%(process)s, %(publication)s, pg_backend_pid())
ON CONFLICT (process) DO UPDATE
SET publication = EXCLUDED.publication, backend = EXCLUDED.backend, at = now()
