-- Learn digests of malicious files; return those that nobody knew.
INSERT INTO shared_digest (sha256, name, similarity, first_seen, last_seen, sightings)
SELECT decode(sha256, 'hex'), name, similarity, %(now)s, %(now)s, 1
FROM json_to_recordset(%(digests)s::json) AS given (sha256 text, name text, similarity text)
ON CONFLICT (sha256) DO UPDATE
SET last_seen = EXCLUDED.last_seen, similarity = EXCLUDED.similarity, sightings = shared_digest.sightings + 1
RETURNING sha256, first_seen = last_seen AND sightings = 1
