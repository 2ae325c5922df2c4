-- How often, and when last, an entry of a list of senders counted; for people who clean their lists.
CREATE TABLE sender_list_use (
    tenant integer NOT NULL,
    -- The symbol of the finding: which list, and which kind of entry.
    symbol text NOT NULL,
    entry text NOT NULL,
    -- The mailbox whose own list it is; empty = the tenant's.
    mailbox text NOT NULL,
    hits bigint NOT NULL,
    last_used timestamptz NOT NULL,
    PRIMARY KEY (tenant, symbol, entry, mailbox)
);
