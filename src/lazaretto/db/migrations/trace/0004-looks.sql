-- What each tenant's look at a message found and decided, in a form that can be judged again, and
-- found by what a change of configuration can touch: symbols, senders, clients, sums near a limit.
CREATE TABLE trace_look (
    received_at timestamptz NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    version integer NOT NULL,
    -- Names of findings; classes that need no sum stand among them with "=" before them.
    symbols text[] NOT NULL,
    -- Addresses of authors and reverse path, folded, and their domains with all above them.
    senders text[] NOT NULL,
    client_ip inet,
    spam real NOT NULL,
    phishing real NOT NULL,
    bulk real NOT NULL,
    score real NOT NULL,
    look bytea NOT NULL,
    -- Dispositions that settings on trial would have led to, where they differ.
    shadow jsonb,
    PRIMARY KEY (received_at, tenant, message)
) PARTITION BY RANGE (received_at);
CREATE INDEX trace_look_symbols ON trace_look USING gin (symbols);
CREATE INDEX trace_look_senders ON trace_look USING gin (senders);
CREATE INDEX trace_look_client ON trace_look (tenant, client_ip);
CREATE INDEX trace_look_spam ON trace_look (tenant, spam);
CREATE INDEX trace_look_phishing ON trace_look (tenant, phishing);
CREATE INDEX trace_look_bulk ON trace_look (tenant, bulk) WHERE bulk > 0;
CREATE INDEX trace_look_shadow ON trace_look (tenant, received_at) WHERE shadow IS NOT NULL;
