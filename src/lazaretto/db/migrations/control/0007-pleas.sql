-- Refused senders who ask a tenant to let their next message in, and what its people decided.
CREATE TABLE plea (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES tenant,
    reference text NOT NULL,
    message uuid NOT NULL,
    sender text NOT NULL,
    asked_at timestamptz NOT NULL,
    times integer NOT NULL DEFAULT 1,
    decision text,
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    UNIQUE (tenant, reference)
);
CREATE INDEX plea_open ON plea (tenant, asked_at DESC) WHERE decision IS NULL;
