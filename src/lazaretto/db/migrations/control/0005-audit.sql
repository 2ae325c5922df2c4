-- Who ordered what: one chain of entries for each tenant, and one (tenant 0) for the operator's own acts.
-- Whoever adds an entry holds the chain's row, so that numbers have no gaps and hashes no forks.
CREATE TABLE audit_chain (
    tenant integer PRIMARY KEY,
    number bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE audit_entry (
    tenant integer NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    on_behalf_of text NOT NULL,
    client text NOT NULL,
    act text NOT NULL,
    object text NOT NULL,
    before jsonb,
    after jsonb,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX audit_entry_time ON audit_entry (tenant, at DESC);
