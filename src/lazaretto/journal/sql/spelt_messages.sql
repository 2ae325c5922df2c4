-- Read the subjects of messages and the names of their files, as the trace tells them.
SELECT tenant, message, received_at, subject,
       (
           -- Terms of attachments. Those that begin with a dot are endings, which names have as well.
           SELECT array_agg(substr(term, 3))
           FROM unnest(terms) AS term
           WHERE term LIKE 'a:%%'
             AND term NOT LIKE 'a:.%%'
       )
FROM trace_message
WHERE received_at >= %(since)s
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
