-- Return entries of a tenant's audit chain, latest first or oldest first.
SELECT tenant, number, at, actor, on_behalf_of, client, act, object, before, after, hash
FROM audit_entry
WHERE tenant = %(tenant)s
  AND (
      %(start)s::bigint IS NULL
      OR (NOT %(oldest_first)s AND number < %(start)s)
      OR (%(oldest_first)s AND number > %(start)s)
  )
  AND (%(number)s::bigint IS NULL OR number = %(number)s)
  AND (%(act)s::text = '' OR act = %(act)s)
  AND (%(actor)s::text = '' OR actor = %(actor)s)
  AND (%(act_begins)s::text IS NULL OR act LIKE %(act_begins)s)
  AND (
      %(who)s::text IS NULL
      OR actor ILIKE %(who)s
      OR on_behalf_of ILIKE %(who)s
  )
  AND (%(about)s::text IS NULL OR object ILIKE %(about)s)
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
ORDER BY
    CASE WHEN %(oldest_first)s THEN number END,
    CASE WHEN NOT %(oldest_first)s THEN number END DESC
LIMIT %(wanted)s
