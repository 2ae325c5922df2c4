-- List the living machines with the bundle that each works with, as each said last.
SELECT DISTINCT ON (node) node, installation, version, problem
FROM bundle_node
JOIN pg_stat_activity
    ON pg_stat_activity.pid = bundle_node.backend
    AND pg_stat_activity.backend_start = bundle_node.backend_start
ORDER BY node, at DESC
