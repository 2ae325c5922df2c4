-- Note in the quarantine's search index for whom copies do not rest any more.
UPDATE quarantine
SET addresses = ARRAY(SELECT unnest(addresses) EXCEPT SELECT unnest(given.gone))
FROM (
    SELECT id, array_agg(DISTINCT address) AS gone
    FROM json_to_recordset(%(narrowed)s::json) AS each (id uuid, gone text[])
    CROSS JOIN unnest(each.gone) AS address
    GROUP BY id
) AS given
WHERE quarantine.id = given.id
