-- What happened to each message: events as they were written, and what searches need of them.

CREATE TABLE event (
    at timestamptz NOT NULL,
    seq bigint NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    kind text NOT NULL,
    recipients text[] NOT NULL,
    details jsonb NOT NULL,
    PRIMARY KEY (at, seq)
) PARTITION BY RANGE (at);
CREATE INDEX event_message ON event (message, tenant);

CREATE TABLE trace_message (
    received_at timestamptz NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    direction text,
    sender text,
    sender_folded text,
    sender_domain text,
    subject text,
    message_id text,
    client_ip inet,
    size bigint,
    verdict text,
    score double precision,
    reply text,
    PRIMARY KEY (received_at, tenant, message)
) PARTITION BY RANGE (received_at);
CREATE INDEX trace_message_id ON trace_message (message);
CREATE INDEX trace_message_time ON trace_message (tenant, received_at DESC);
CREATE INDEX trace_message_header ON trace_message USING hash (message_id);
CREATE INDEX trace_message_sender ON trace_message (tenant, sender_folded text_pattern_ops, received_at);
CREATE INDEX trace_message_sender_domain ON trace_message (tenant, sender_domain, received_at);
CREATE INDEX trace_message_client ON trace_message (tenant, client_ip, received_at);

CREATE TABLE trace_recipient (
    received_at timestamptz NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    address text NOT NULL,
    folded text NOT NULL,
    domain text NOT NULL,
    place text,
    disposition text,
    attempts integer NOT NULL DEFAULT 0,
    settled_at timestamptz,
    remote text,
    reply text,
    PRIMARY KEY (received_at, tenant, message, address)
) PARTITION BY RANGE (received_at);
CREATE INDEX trace_recipient_message ON trace_recipient (message);
CREATE INDEX trace_recipient_folded ON trace_recipient (folded text_pattern_ops, received_at);

CREATE TABLE rollup_hour (
    hour timestamptz NOT NULL,
    tenant integer NOT NULL,
    domain text NOT NULL,
    direction text NOT NULL,
    verdict text NOT NULL,
    place text NOT NULL,
    copies bigint NOT NULL,
    octets bigint NOT NULL,
    delay_sum double precision NOT NULL,
    delay_longest double precision NOT NULL,
    PRIMARY KEY (hour, tenant, domain, direction, verdict, place)
);

CREATE TABLE quarantine (
    id uuid PRIMARY KEY,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    addresses text[] NOT NULL,
    reason text NOT NULL,
    quarantined_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_as text
);
CREATE INDEX quarantine_tenant ON quarantine (tenant, quarantined_at DESC);
CREATE INDEX quarantine_addresses ON quarantine USING gin (addresses);

-- Substring search of subjects where the extension is installed; without it such a search reads a day.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX trace_message_subject ON trace_message USING gin (subject gin_trgm_ops);
EXCEPTION
    WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR undefined_object THEN
        RAISE NOTICE 'pg_trgm is not available';
END
$$;
