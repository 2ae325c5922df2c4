-- List TLS reports that came in, newest first; a null tenant or domain means all.
SELECT tenant, domain, organization, report, policy, began, ended, signed_by, successful, failed, failures
FROM tls_report_received
WHERE (%(tenant)s::integer IS NULL OR tenant = %(tenant)s)
  AND (%(domain)s::text IS NULL OR domain = %(domain)s)
ORDER BY began DESC, domain, organization, policy
LIMIT %(wanted)s
