-- Note since when entries stand on a tenant's lists, forget those that left, and tell all.
WITH wanted AS (
    SELECT list, entry
    FROM jsonb_to_recordset(%(entries)s::jsonb) AS given (list text, entry text)
),
gone AS (
    DELETE FROM list_entry AS known
    WHERE tenant = %(tenant)s
      AND NOT EXISTS (
          SELECT FROM wanted WHERE wanted.list = known.list AND wanted.entry = known.entry
      )
),
added AS (
    INSERT INTO list_entry (tenant, list, entry, since)
    SELECT %(tenant)s, list, entry, %(now)s
    FROM wanted
    ON CONFLICT (tenant, list, entry) DO NOTHING
    RETURNING list, entry, since
)
SELECT list, entry, since
FROM added
UNION ALL
SELECT known.list, known.entry, known.since
FROM list_entry AS known
JOIN wanted USING (list, entry)
WHERE known.tenant = %(tenant)s
