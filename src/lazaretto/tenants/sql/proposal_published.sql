-- Note which version a proposal became.
UPDATE proposal
SET version = %(version)s
WHERE id = %(id)s
