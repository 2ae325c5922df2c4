-- Add the keys by which a signature is found.
INSERT INTO signature_key (key, signature)
SELECT DISTINCT given, %(signature)s::integer
FROM unnest(%(keys)s::bigint[]) AS given
