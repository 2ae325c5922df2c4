-- List further addresses whose confirmation was not mailed, oldest first.
SELECT tenant, mailbox, reader, given_at
FROM mailbox_reader
WHERE confirmed_at IS NULL
  AND asked_at IS NULL
ORDER BY given_at
LIMIT %(wanted)s
