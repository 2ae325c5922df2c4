-- Put messages into the order that is asked for, as many as are wanted; at the end of a query.
ORDER BY
    CASE WHEN %(oldest_first)s THEN received_at END,
    CASE WHEN NOT %(oldest_first)s THEN received_at END DESC,
    CASE WHEN %(oldest_first)s THEN message END,
    CASE WHEN NOT %(oldest_first)s THEN message END DESC,
    tenant
LIMIT %(wanted)s
