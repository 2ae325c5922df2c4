-- Messages in flight: content, rows, leases and places.  Small and hot; nothing here is for reports.

CREATE TABLE node (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token uuid NOT NULL UNIQUE,
    host text NOT NULL,
    lease_until timestamptz NOT NULL
);

CREATE TABLE tenant_key (
    tenant integer NOT NULL,
    version integer NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (tenant, version)
);

-- Sealed octets of small messages.  Partitions are hours: dropped, never vacuumed.
CREATE TABLE content (
    tenant integer NOT NULL,
    message uuid NOT NULL,
    stored_at timestamptz NOT NULL,
    octets bytea NOT NULL,
    PRIMARY KEY (tenant, message, stored_at)
) PARTITION BY RANGE (stored_at);

-- What outlived its hour: deferred and quarantined content.  Partitions are days.
CREATE TABLE content_kept (
    tenant integer NOT NULL,
    message uuid NOT NULL,
    stored_at timestamptz NOT NULL,
    octets bytea NOT NULL,
    PRIMARY KEY (tenant, message, stored_at)
) PARTITION BY RANGE (stored_at);

-- Sealed octets do not compress.
ALTER TABLE content ALTER COLUMN octets SET STORAGE EXTERNAL;
ALTER TABLE content_kept ALTER COLUMN octets SET STORAGE EXTERNAL;

CREATE TABLE message (
    tenant integer NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    reverse_path text NOT NULL,
    eight_bit boolean NOT NULL,
    smtputf8 boolean NOT NULL,
    envid text NOT NULL,
    ret text NOT NULL,
    trace_header bytea NOT NULL,
    subject text NOT NULL,
    message_id text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    content_kind text NOT NULL,
    content_reference text NOT NULL,
    wrapped_key bytea NOT NULL,
    key_version integer NOT NULL,
    verdict text NOT NULL,
    return_path_trusted boolean NOT NULL,
    -- What it takes to build the submission again; only until it was looked at.
    submission bytea,
    -- The next free number of a queue or quarantine row of this message; none is used twice.
    next_number smallint NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX message_done ON message (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE recipient (
    tenant integer NOT NULL,
    message uuid NOT NULL,
    number smallint NOT NULL,
    address text NOT NULL,
    deliver_to text NOT NULL,
    notify text NOT NULL,
    original text NOT NULL,
    place text NOT NULL,
    additional boolean NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant, message, number)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE queue (
    tenant integer NOT NULL,
    message uuid NOT NULL,
    number smallint NOT NULL,
    kind text NOT NULL,
    destination text NOT NULL,
    direction text NOT NULL,
    recipients smallint[] NOT NULL,
    splices bytea,
    -- When it is due, or until when its lease holds: one column, one index.
    next_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    owner integer,
    failures integer NOT NULL,
    expires_at timestamptz NOT NULL,
    last_reply text NOT NULL,
    PRIMARY KEY (tenant, message, number)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX queue_due ON queue (next_at);
CREATE INDEX queue_destination ON queue (destination, next_at);

CREATE TABLE quarantine (
    day date NOT NULL,
    id uuid NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    number smallint NOT NULL,
    direction text NOT NULL,
    recipients smallint[] NOT NULL,
    addresses text[] NOT NULL,
    reason text NOT NULL,
    quarantined_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_as text,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX quarantine_id ON quarantine (id);
CREATE INDEX quarantine_message ON quarantine (tenant, message);
CREATE INDEX quarantine_expiry ON quarantine (expires_at) WHERE ended_at IS NULL;

CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payload jsonb NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Events that the trace cannot take, so that they do not hold up all others; for people to look at.
CREATE TABLE outbox_unreadable (
    seq bigint PRIMARY KEY,
    payload jsonb NOT NULL,
    problem text NOT NULL
);

-- Back-off of a whole destination: one dead customer costs one probe, not one per message.
CREATE TABLE route_state (
    destination text PRIMARY KEY,
    failures integer NOT NULL,
    backoff_until timestamptz NOT NULL
);

-- Recipients that were accepted and that ended, counted in the transaction that did it.
-- Appended to by the mail path, summed up by housekeeping.
CREATE TABLE ledger (
    tenant integer NOT NULL,
    entry text NOT NULL,
    recipients bigint NOT NULL
);
