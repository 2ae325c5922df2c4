-- Count what entries were found in.
UPDATE indicator
SET hits = hits + hit.times, last_hit_at = greatest(last_hit_at, hit.at)
FROM json_to_recordset(%(hits)s::json) AS hit (id bigint, times bigint, at timestamptz)
WHERE indicator.id = hit.id
