-- Add a change that waits for a second person.
INSERT INTO proposal (tenant, based_on, document, note, proposed_by, proposed_at, expires_at)
VALUES (%(tenant)s, %(based_on)s, %(document)s, %(note)s, %(by)s, %(now)s, %(expires_at)s)
RETURNING id
