-- Leave copies at rest for some of their recipients only.
UPDATE quarantine
SET recipients = given.recipients, addresses = given.addresses
FROM json_to_recordset(%(rows)s::json) AS given (id uuid, recipients smallint[], addresses text[])
WHERE quarantine.id = given.id
