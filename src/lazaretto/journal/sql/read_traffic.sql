-- Return messages by hour, direction and measure; hours that wait to be counted are counted here.
WITH waiting AS (
    SELECT hour
    FROM traffic_to_count
    WHERE tenant = %(tenant)s
      AND hour >= %(since)s
      AND hour < %(until)s
      AND hour >= %(oldest)s
),
copy AS (
    SELECT
        waiting.hour, trace_message.message, coalesce(direction, '') AS direction, verdict, place
    FROM waiting
    JOIN trace_message ON trace_message.received_at >= waiting.hour
                      AND trace_message.received_at < waiting.hour + interval '1 hour'
                      AND trace_message.tenant = %(tenant)s
    LEFT JOIN trace_recipient ON trace_recipient.received_at = trace_message.received_at
                             AND trace_recipient.tenant = trace_message.tenant
                             AND trace_recipient.message = trace_message.message
    WHERE %(domain)s = ''
       OR CASE direction WHEN 'outbound' THEN sender_domain ELSE trace_recipient.domain END = %(domain)s
)
SELECT hour, direction, measure, messages
FROM traffic_hour
WHERE tenant = %(tenant)s
  AND hour >= %(since)s
  AND hour < %(until)s
  AND domain = %(domain)s
  AND hour NOT IN (SELECT hour FROM waiting)
UNION ALL
SELECT hour, direction, measure, count(DISTINCT message)
FROM copy
CROSS JOIN LATERAL (
    VALUES ('all'), (CASE WHEN verdict IS NOT NULL THEN 'scanned' END), ('verdict:' || verdict),
           ('place:' || place)
) AS given (measure)
WHERE measure IS NOT NULL
GROUP BY hour, direction, measure
