-- Take the next revision of a subject; its row stays locked, so that revisions become visible in order.
UPDATE intelligence_revision
SET revision = revision + 1
WHERE subject = %(subject)s
RETURNING revision
