-- Count copies that came to rest or to an end in the hourly figures.
INSERT INTO rollup_hour (
    hour, tenant, domain, direction, verdict, place, copies, octets, delay_sum, delay_longest
)
SELECT
    given.hour, given.tenant, given.domain, coalesce(trace_message.direction, ''),
    coalesce(trace_message.verdict, ''), given.place, sum(given.copies),
    coalesce(sum(given.copies * trace_message.size), 0),
    sum(given.copies * extract(epoch FROM given.at - given.received_at)),
    max(extract(epoch FROM given.at - given.received_at))
FROM json_to_recordset(%(ended)s::json) AS given (
    hour timestamptz, received_at timestamptz, tenant integer, message uuid, domain text, place text,
    copies bigint, at timestamptz
)
LEFT JOIN trace_message ON trace_message.received_at = given.received_at
                       AND trace_message.tenant = given.tenant
                       AND trace_message.message = given.message
GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT (hour, tenant, domain, direction, verdict, place) DO UPDATE
SET copies = rollup_hour.copies + EXCLUDED.copies,
    octets = rollup_hour.octets + EXCLUDED.octets,
    delay_sum = rollup_hour.delay_sum + EXCLUDED.delay_sum,
    delay_longest = greatest(rollup_hour.delay_longest, EXCLUDED.delay_longest)
