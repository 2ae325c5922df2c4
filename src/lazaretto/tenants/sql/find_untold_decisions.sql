-- Find the requests whose decision was mailed to nobody.
SELECT asked
FROM unnest(%(requests)s::uuid[]) AS asked
WHERE NOT EXISTS (SELECT FROM told_decision WHERE told_decision.request = asked)
