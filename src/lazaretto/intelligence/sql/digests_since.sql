-- Read the digests that became known after a moment.
SELECT sha256, name, first_seen
FROM shared_digest
WHERE first_seen > %(since)s
  AND disputed_at IS NULL
ORDER BY first_seen
LIMIT %(wanted)s
