-- Looks at the source from which bundles are fetched.

CREATE TABLE bundle_fetch (
    source text PRIMARY KEY,
    looked_at timestamptz NOT NULL,
    -- The version that lay there; NULL where it could not be read.
    version bigint,
    -- Why it was not installed although it is newer, or could not be read; empty when all is well.
    problem text NOT NULL
);
