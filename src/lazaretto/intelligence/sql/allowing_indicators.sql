-- Read what administrators vouch for.
SELECT tenant, kind, value
FROM indicator
WHERE expires_at > %(now)s
  AND action = 'allow'
