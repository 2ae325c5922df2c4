-- Note that the confirmation of a further address was mailed.
UPDATE mailbox_reader
SET asked_at = %(now)s
WHERE tenant = %(tenant)s
  AND mailbox = %(mailbox)s
  AND reader = %(reader)s
