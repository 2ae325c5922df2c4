-- List who reads a mailbox besides its owner.
SELECT mailbox, reader, kind, confirmed_at
FROM mailbox_reader
WHERE tenant = %(tenant)s
  AND mailbox = %(mailbox)s
UNION ALL
SELECT %(mailbox)s, member, 'group', to_timestamp(0)
FROM account_group
CROSS JOIN unnest(members) AS member
WHERE tenant = %(tenant)s
  AND %(mailbox)s = ANY (mailboxes)
ORDER BY 2
