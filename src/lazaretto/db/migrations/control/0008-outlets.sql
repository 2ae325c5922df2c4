-- Where a tenant's events are sent as they happen, and how far each has got.  A secret is made from the
-- platform's key, the outlet's id and its generation, so that none is kept here.
CREATE TABLE outlet (
    id uuid PRIMARY KEY,
    tenant integer NOT NULL REFERENCES tenant,
    name text NOT NULL,
    target text NOT NULL,
    format text NOT NULL,
    kinds text[] NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    place bigint NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_at timestamptz NOT NULL,
    problem text NOT NULL DEFAULT '',
    sent_at timestamptz,
    UNIQUE (tenant, name)
);
CREATE INDEX outlet_due ON outlet (next_at) WHERE is_active;
