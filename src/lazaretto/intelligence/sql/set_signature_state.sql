-- Put a signature into the state that its votes make; what is seen again lives longer.
UPDATE signature
SET state = %(state)s, changed_at = %(now)s, expires_at = greatest(expires_at, %(expires_at)s)
WHERE id = %(signature)s
