-- Read how often, and when last, each entry of a tenant's lists of senders counted.
SELECT symbol, entry, mailbox, hits, last_used
FROM sender_list_use
WHERE tenant = %(tenant)s
