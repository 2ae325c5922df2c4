-- List the account groups of a tenant.
SELECT id, name, mailboxes, members
FROM account_group
WHERE tenant = %(tenant)s
ORDER BY name
