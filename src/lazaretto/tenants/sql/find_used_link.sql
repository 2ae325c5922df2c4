-- Find out when a link in a mail was used.
SELECT used_at
FROM used_mail_link
WHERE digest = %(digest)s
