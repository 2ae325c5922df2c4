-- Forget what a tenant's people said of one subject, or of all.
DELETE FROM leaning_vote
WHERE tenant = %(tenant)s
  AND (%(subject)s = '' OR subject = %(subject)s)
