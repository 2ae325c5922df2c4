-- Return entries of a tenant's audit chain, latest first.
SELECT tenant, number, at, actor, on_behalf_of, client, act, object, before, after, hash
FROM audit_entry
WHERE tenant = %(tenant)s
  AND (%(before)s::bigint IS NULL OR number < %(before)s)
  AND (%(act)s::text = '' OR act = %(act)s)
  AND (%(actor)s::text = '' OR actor = %(actor)s)
ORDER BY number DESC
LIMIT %(wanted)s
