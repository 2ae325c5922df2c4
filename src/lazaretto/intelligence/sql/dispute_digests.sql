-- Let digests convict nobody any more.
UPDATE shared_digest
SET disputed_at = %(now)s
WHERE sha256 = ANY(%(sums)s)
  AND disputed_at IS NULL
RETURNING sha256
