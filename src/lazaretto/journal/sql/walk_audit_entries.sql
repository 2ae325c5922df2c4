-- Return entries of a tenant's audit chain in their order.
SELECT tenant, number, at, actor, on_behalf_of, client, act, object, before, after, hash
FROM audit_entry
WHERE tenant = %(tenant)s
  AND number > %(after)s
ORDER BY number
LIMIT %(wanted)s
