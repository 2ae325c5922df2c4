-- Make an account group, or replace what one holds.
INSERT INTO account_group (id, tenant, name, mailboxes, members)
VALUES (%(id)s, %(tenant)s, %(name)s, %(mailboxes)s, %(members)s)
ON CONFLICT (tenant, name) DO UPDATE
SET mailboxes = excluded.mailboxes, members = excluded.members
