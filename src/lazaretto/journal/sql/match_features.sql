-- Find the messages that were let through with one of some traits.
SELECT tenant, message, received_at, digest
FROM feature, unnest(digests) AS digest
WHERE received_at >= %(since)s
  AND digest = ANY (%(wanted)s::bigint[])
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
LIMIT %(most)s
