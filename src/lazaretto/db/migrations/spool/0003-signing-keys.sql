-- Private keys that DKIM signatures and ARC seals are made with, sealed with a data key of their tenant's.
-- Tenant 0 is the platform itself.
CREATE TABLE signing_key (
    domain text NOT NULL,
    selector text NOT NULL,
    tenant integer NOT NULL,
    algorithm text NOT NULL,
    -- The text of the TXT record that publishes the public half.
    record text NOT NULL,
    sealed bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    key_version integer NOT NULL,
    -- waiting, signing, retired or removed; a removed key has no octets left, and its selector is never
    -- used again.
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (domain, selector)
);
CREATE INDEX signing_key_changed ON signing_key (changed_at);
CREATE INDEX signing_key_tenant ON signing_key (tenant, domain);
