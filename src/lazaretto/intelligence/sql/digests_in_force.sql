-- Read the digests that convict.
SELECT sha256, similarity
FROM shared_digest
WHERE disputed_at IS NULL
  AND last_seen > %(since)s
ORDER BY last_seen DESC
LIMIT %(wanted)s
