-- Read what the people of a tenant said.
SELECT subject, is_wanted, at
FROM leaning_vote
WHERE tenant = %(tenant)s
  AND at > %(since)s
