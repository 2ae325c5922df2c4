-- Find number, version in force and publication of the tenant called so, and whether changes need review.
SELECT id, version, publication, needs_review, reseller
FROM tenant
WHERE name = %(name)s
