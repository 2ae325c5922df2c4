-- Read subjects and names of files as the trace tells them, of messages of which an earlier version kept none.
SELECT tenant, message, received_at, trace_message.subject,
       (
           -- Terms of attachments. Those that begin with a dot are endings, which names have as well.
           SELECT array_agg(substr(term, 3))
           FROM unnest(terms) AS term
           WHERE term LIKE 'a:%%'
             AND term NOT LIKE 'a:.%%'
       )
FROM feature
JOIN trace_message USING (received_at, tenant, message)
WHERE received_at >= %(since)s
  AND feature.names IS NULL
  AND (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
