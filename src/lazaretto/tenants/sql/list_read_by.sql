-- List the mailboxes that somebody reads besides their own.
SELECT mailbox, reader, kind, confirmed_at
FROM mailbox_reader
WHERE tenant = %(tenant)s
  AND reader = %(reader)s
UNION ALL
SELECT shared, %(reader)s, 'group', to_timestamp(0)
FROM account_group
CROSS JOIN unnest(mailboxes) AS shared
WHERE tenant = %(tenant)s
  AND members @> ARRAY[%(reader)s::text]
ORDER BY 1
