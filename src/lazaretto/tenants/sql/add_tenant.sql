-- Add a tenant at its first version.
INSERT INTO tenant (name, version, publication)
VALUES (%(name)s, 1, %(publication)s)
RETURNING id
