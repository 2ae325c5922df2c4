-- Count uses of entries of lists of senders.
INSERT INTO sender_list_use (tenant, symbol, entry, mailbox, hits, last_used)
SELECT given.tenant, given.symbol, given.entry, given.mailbox, given.hits, given.last_used
FROM json_to_recordset(%(uses)s::json) AS given (
    tenant integer, symbol text, entry text, mailbox text, hits bigint, last_used timestamptz
)
ON CONFLICT (tenant, symbol, entry, mailbox) DO UPDATE
SET hits = sender_list_use.hits + EXCLUDED.hits,
    last_used = greatest(sender_list_use.last_used, EXCLUDED.last_used)
