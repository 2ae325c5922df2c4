-- Forget a process that has ended, unless another one goes by its name.
DELETE FROM process_version
WHERE process = %(process)s
  AND backend = pg_backend_pid()
