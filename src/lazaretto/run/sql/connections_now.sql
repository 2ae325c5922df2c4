-- Count the connections to all databases, and how many the server allows to users like ours.
SELECT
    (SELECT sum(numbackends) FROM pg_stat_database),
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0)
