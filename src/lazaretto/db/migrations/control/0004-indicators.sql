-- What administrators want done about single traits, and what malware quarantine taught.

-- One entry of a tenant's administrator, or of the operator for everybody (tenant NULL).
CREATE TABLE indicator (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer REFERENCES tenant,
    kind text NOT NULL,
    value text NOT NULL,
    action text NOT NULL,
    direction text NOT NULL,
    owner text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- It counts until then; it is shown for some days more, so that it can be renewed.
    expires_at timestamptz NOT NULL,
    hits bigint NOT NULL DEFAULT 0,
    last_hit_at timestamptz
);
CREATE UNIQUE INDEX indicator_once ON indicator (coalesce(tenant, 0), kind, value);
CREATE INDEX indicator_expiry ON indicator (expires_at);
CREATE INDEX indicator_changed ON indicator (changed_at);

-- Digests of files that were found malicious, whoever's mail they came in.
CREATE TABLE shared_digest (
    sha256 bytea PRIMARY KEY,
    -- The similarity digest, where the file was of a kind and size that has one.
    similarity text NOT NULL DEFAULT '',
    name text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    sightings bigint NOT NULL,
    -- An administrator released a message with it after another look: it convicts nobody any more.
    disputed_at timestamptz
);
CREATE INDEX shared_digest_seen ON shared_digest (last_seen);
CREATE INDEX shared_digest_first ON shared_digest (first_seen);

INSERT INTO intelligence_revision (subject) VALUES ('indicator'), ('digest');
