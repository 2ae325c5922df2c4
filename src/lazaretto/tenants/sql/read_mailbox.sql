-- Read what the owner of a mailbox chose.
SELECT language, digest, hours, silent
FROM mailbox
WHERE tenant = %(tenant)s
  AND address = %(address)s
