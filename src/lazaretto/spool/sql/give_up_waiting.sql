-- Make waiting copies of messages due for their last try.
UPDATE queue
SET next_at = %(now)s, expires_at = %(now)s
WHERE message = ANY (%(ids)s)
  AND (owner IS NULL OR next_at <= %(now)s)
  AND kind = 'deliver'
