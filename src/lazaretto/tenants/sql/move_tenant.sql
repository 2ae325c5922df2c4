-- Put a later version of a tenant in force.
UPDATE tenant
SET version = %(version)s, publication = %(publication)s
WHERE id = %(tenant)s
