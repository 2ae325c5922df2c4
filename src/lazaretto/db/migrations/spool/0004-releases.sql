-- Who asked for the release of malware, what a second look said, and who decided.
CREATE TABLE release_request (
    id uuid PRIMARY KEY,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    quarantine uuid NOT NULL,
    -- recipients, first, or an address
    target text NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    -- Nobody else is needed: it is released after the second look.
    alone boolean NOT NULL,
    -- looking, waiting, released, denied, gone
    state text NOT NULL,
    second_look text NOT NULL DEFAULT '',
    looked_with text NOT NULL DEFAULT '',
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    decision_reason text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX release_request_open ON release_request (quarantine) WHERE state IN ('looking', 'waiting');
CREATE INDEX release_request_state ON release_request (state) WHERE state = 'looking';
CREATE INDEX release_request_tenant ON release_request (tenant, requested_at DESC);

-- Copies that wait for newer signatures, and with which bundle they were looked at last.
CREATE TABLE suspected (
    quarantine uuid PRIMARY KEY,
    tenant integer NOT NULL,
    bundle text NOT NULL,
    looked_at timestamptz NOT NULL
);
