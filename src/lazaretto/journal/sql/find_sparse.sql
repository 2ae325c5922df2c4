-- Find messages of a window of time by what few of them have: terms, and parts of subjects.
-- All of the window is found before it is put in order: a limit would make the planner walk in the order of time,
-- which takes for ever where little matches.
WITH found AS MATERIALIZED (
    SELECT
        message, received_at, direction, sender, subject, message_id, size, verdict, score, reply, tenant
    FROM trace_message
    WHERE true
-- include of_message
-- include of_domains
-- include of_time
)
SELECT message, received_at, direction, sender, subject, message_id, size, verdict, score, reply
FROM found
-- include in_order
