-- Signatures of unwanted mail that was reported or came into a trap, shared by all tenants of this platform.
-- Digests only: no text, no address and no sender can be read from them.

CREATE TABLE signature (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    -- Keys that must agree.
    enough smallint NOT NULL,
    -- counted, in force or withdrawn.
    state text NOT NULL,
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX signature_changed ON signature (changed_at);
CREATE INDEX signature_expiry ON signature (expires_at);

CREATE TABLE signature_key (
    key bigint NOT NULL,
    signature integer NOT NULL REFERENCES signature (id) ON DELETE CASCADE,
    PRIMARY KEY (key, signature)
);
CREATE INDEX signature_key_owner ON signature_key (signature);

-- One word of one reporter about one signature; a later one replaces it.
CREATE TABLE signature_vote (
    signature integer NOT NULL REFERENCES signature (id) ON DELETE CASCADE,
    tenant integer NOT NULL,
    reporter text NOT NULL,
    source text NOT NULL,
    is_spam boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (signature, tenant, reporter)
);
CREATE INDEX signature_vote_tenant ON signature_vote (tenant, at);

-- What people said of a message, and what came of it.
CREATE TABLE report_case (
    id uuid PRIMARY KEY,
    tenant integer NOT NULL,
    is_spam boolean NOT NULL,
    reporter text NOT NULL,
    subject_of text NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    answered_at timestamptz,
    verdict text NOT NULL,
    score double precision NOT NULL,
    findings jsonb NOT NULL,
    effect text NOT NULL
);
CREATE INDEX report_case_tenant ON report_case (tenant, opened_at DESC);
