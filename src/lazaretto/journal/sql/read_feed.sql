-- Return a tenant's events in the order in which they reached the trace.
SELECT shipped, at, message, kind, recipients, details
FROM event
WHERE tenant = %(tenant)s
  AND shipped > %(after)s
  AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s))
ORDER BY shipped
LIMIT %(wanted)s
