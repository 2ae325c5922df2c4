-- Keys of tenants, each wrapped by the master key, which is not in any database.
CREATE TABLE tenant_key (
    tenant integer NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    -- Empty once erased; the row stays, so that a version number never means two keys.
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    PRIMARY KEY (tenant, version)
);
