-- Find looks that a change of configuration can touch, each once.
SELECT message, received_at, look
FROM trace_look
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND received_at < %(until)s
  AND
-- include within_reach
UNION ALL
-- Networks that do not overlap, as spans of addresses: the index knows those.
SELECT message, received_at, look
FROM unnest(%(networks)s::inet[]) AS network
JOIN trace_look
  ON client_ip BETWEEN network(network)
      AND set_masklen(broadcast(network), CASE family(network) WHEN 4 THEN 32 ELSE 128 END)
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND received_at < %(until)s
  AND client_ip <<= network
  AND NOT
-- include within_reach
