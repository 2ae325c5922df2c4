-- Read choices and states of mailboxes.
SELECT address, language, digest, hours, silent, welcomed_at, digested_at, told_until
FROM mailbox
WHERE tenant = %(tenant)s
  AND address = ANY (%(addresses)s)
