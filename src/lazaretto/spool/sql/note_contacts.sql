-- Note with whom people of tenants had mail; each pair at most once a day.
INSERT INTO contact (tenant, key, first_seen, last_seen)
SELECT tenant, key, day, day
FROM json_to_recordset(%(rows)s::json) AS given (tenant integer, key bigint, day date)
ON CONFLICT (tenant, key) DO UPDATE
SET first_seen = least(contact.first_seen, excluded.first_seen),
    last_seen = greatest(contact.last_seen, excluded.last_seen)
WHERE contact.last_seen < excluded.last_seen OR contact.first_seen > excluded.first_seen
