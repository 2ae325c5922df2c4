-- Put a signing key into another state; a removed one loses its octets for good.
UPDATE signing_key
SET state = %(state)s,
    changed_at = %(now)s,
    sealed = CASE WHEN %(state)s = 'removed' THEN ''::bytea ELSE sealed END,
    wrapped_key = CASE WHEN %(state)s = 'removed' THEN ''::bytea ELSE wrapped_key END
WHERE tenant = %(tenant)s
  AND domain = %(domain)s
  AND selector = %(selector)s
  AND state <> 'removed'
