-- Read the subjects of messages and the names of their files, in the spelling of indicators.
SELECT tenant, message, received_at, subject, names
FROM feature
WHERE received_at >= %(since)s
  AND names IS NOT NULL
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
