-- Find signatures that enough of some keys belong to, the best first.
SELECT signature.id
FROM signature_key
JOIN signature ON signature.id = signature_key.signature
WHERE signature_key.key = ANY(%(keys)s::bigint[])
  AND signature.kind = %(kind)s
  AND signature.expires_at > %(now)s
GROUP BY signature.id, signature.enough
HAVING count(*) >= signature.enough
ORDER BY count(*) DESC, signature.id
LIMIT 1
