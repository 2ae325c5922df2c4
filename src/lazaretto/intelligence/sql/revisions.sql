-- Read the revisions of everything that followers follow.
SELECT subject, revision FROM intelligence_revision
