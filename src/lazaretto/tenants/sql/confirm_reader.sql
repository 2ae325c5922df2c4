-- Confirm a further address of somebody.
UPDATE mailbox_reader
SET confirmed_at = %(now)s
WHERE tenant = %(tenant)s
  AND mailbox = %(mailbox)s
  AND reader = %(reader)s
  AND confirmed_at IS NULL
RETURNING mailbox
