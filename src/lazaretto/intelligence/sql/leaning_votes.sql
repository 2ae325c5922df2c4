-- Read the votes about every subject of which enough people said something.
SELECT tenant, subject, is_wanted, at
FROM (
    SELECT tenant, subject, is_wanted, at, count(*) OVER (PARTITION BY tenant, subject) AS people
    FROM leaning_vote
    WHERE at > %(since)s
) AS said
WHERE people >= %(quorum)s
