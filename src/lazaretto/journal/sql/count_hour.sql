-- Count the messages that a tenant received in one hour, in all domains and in each.
WITH copy AS (
    SELECT
        trace_message.message, coalesce(direction, '') AS direction, verdict, place,
        CASE direction WHEN 'outbound' THEN sender_domain ELSE trace_recipient.domain END AS domain
    FROM trace_message
    LEFT JOIN trace_recipient ON trace_recipient.received_at = trace_message.received_at
                             AND trace_recipient.tenant = trace_message.tenant
                             AND trace_recipient.message = trace_message.message
                             AND trace_recipient.received_at >= %(hour)s
                             AND trace_recipient.received_at < %(hour)s + interval '1 hour'
    WHERE trace_message.tenant = %(tenant)s
      AND trace_message.received_at >= %(hour)s
      AND trace_message.received_at < %(hour)s + interval '1 hour'
)
INSERT INTO traffic_hour (tenant, hour, domain, direction, measure, messages)
SELECT %(tenant)s, %(hour)s, coalesce(copy.domain, ''), direction, measure, count(DISTINCT message)
FROM copy
CROSS JOIN LATERAL (
    VALUES ('all'), (CASE WHEN verdict IS NOT NULL THEN 'scanned' END), ('verdict:' || verdict),
           ('place:' || place)
) AS given (measure)
WHERE measure IS NOT NULL
GROUP BY GROUPING SETS ((direction, measure), (copy.domain, direction, measure))
HAVING grouping(copy.domain) = 1 OR copy.domain <> ''
