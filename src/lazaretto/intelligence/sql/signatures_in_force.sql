-- List the keys of all signatures in force.
SELECT signature_key.key, signature.id, signature.kind, signature.enough
FROM signature
JOIN signature_key ON signature_key.signature = signature.id
WHERE signature.state = 'in force'
  AND signature.expires_at > %(now)s
