-- What is asked of a tenant without reading its document: who sold it, and whether its changes need a
-- second person.
ALTER TABLE tenant ADD COLUMN reseller text NOT NULL DEFAULT '';
ALTER TABLE tenant ADD COLUMN needs_review boolean NOT NULL DEFAULT false;
CREATE INDEX tenant_reseller ON tenant (reseller) WHERE reseller <> '';

-- Changes that wait for a second person, and what became of them.
CREATE TABLE proposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES tenant,
    -- The version in force when it was made.
    based_on integer NOT NULL,
    document text NOT NULL,
    note text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decision text CHECK (decision IN ('approved', 'rejected', 'expired')),
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    -- The version that it became.
    version integer
);
CREATE INDEX proposal_of_tenant ON proposal (tenant, id DESC);
CREATE INDEX proposal_open ON proposal (expires_at) WHERE decision IS NULL;

-- Addresses that tenants' own mail taught, apart from the validation list.
CREATE TABLE learned_address (
    tenant integer NOT NULL REFERENCES tenant,
    -- Folded.
    address text NOT NULL,
    source text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    messages bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, address)
);

-- Since when an entry stands on a list, or is on trial, though the document may be applied again and again.
CREATE TABLE list_entry (
    tenant integer NOT NULL REFERENCES tenant,
    list text NOT NULL,
    entry text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (tenant, list, entry)
);
