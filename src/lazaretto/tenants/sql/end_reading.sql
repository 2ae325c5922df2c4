-- Let somebody not read a mailbox any more.
DELETE FROM mailbox_reader
WHERE tenant = %(tenant)s
  AND mailbox = %(mailbox)s
  AND reader = %(reader)s
RETURNING mailbox
