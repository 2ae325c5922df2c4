-- The number of the latest publication.  Whoever publishes holds this row to the end of the
-- transaction, so that numbers become visible in their order and nobody who follows misses one.
CREATE TABLE publication (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    number bigint NOT NULL DEFAULT 0
);
INSERT INTO publication DEFAULT VALUES;

CREATE TABLE tenant (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    -- The version in force; versions only count up, a return to an older text is a new version.
    version integer NOT NULL CHECK (version > 0),
    publication bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenant_publication ON tenant (publication);

CREATE TABLE tenant_version (
    tenant integer NOT NULL REFERENCES tenant,
    version integer NOT NULL CHECK (version > 0),
    -- Canonical, as export prints it.
    document text NOT NULL,
    -- What the document compiles to, in the format of the program that published it.
    snapshot bytea NOT NULL,
    snapshot_format integer NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, version)
);

-- A domain receives for one tenant, and an address sends for one.
CREATE TABLE tenant_domain (
    domain text PRIMARY KEY,
    tenant integer NOT NULL REFERENCES tenant
);
CREATE INDEX tenant_domain_tenant ON tenant_domain (tenant);

CREATE TABLE tenant_network (
    network cidr PRIMARY KEY,
    tenant integer NOT NULL REFERENCES tenant
);
CREATE INDEX tenant_network_tenant ON tenant_network (tenant);
CREATE INDEX tenant_network_overlap ON tenant_network USING gist (network inet_ops);

-- What each process that follows has in force; it counts while its connection lives.
CREATE TABLE process_version (
    process text PRIMARY KEY,
    publication bigint NOT NULL,
    backend integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
