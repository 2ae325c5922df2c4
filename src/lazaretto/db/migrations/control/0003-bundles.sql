-- Signed bundles of rules, lists, models and hashes, and which one is in force.

-- Packed and signed as it came; every node verifies the signature again before it uses one.
CREATE TABLE bundle (
    version bigint PRIMARY KEY CHECK (version > 0),
    octets bytea NOT NULL,
    signed_by text NOT NULL,
    name text NOT NULL,
    made_at timestamptz NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now()
);
-- Packed octets do not compress.
ALTER TABLE bundle ALTER COLUMN octets SET STORAGE EXTERNAL;

-- Each time that a bundle came into force; the last row is the one in force.
CREATE TABLE bundle_installation (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL is what the program ships.
    version bigint REFERENCES bundle,
    how text NOT NULL,
    installed_by text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now()
);

-- Which bundle each machine works with; a row counts while the connection that wrote it lives.
CREATE TABLE bundle_node (
    backend integer NOT NULL,
    backend_start timestamptz NOT NULL,
    node text NOT NULL,
    installation integer NOT NULL,
    version bigint,
    problem text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (backend, backend_start)
);

-- Counts up with every change of one of them; followers ask for it, and load what is new.
CREATE TABLE intelligence_revision (
    subject text PRIMARY KEY,
    revision bigint NOT NULL DEFAULT 0
);
INSERT INTO intelligence_revision (subject) VALUES ('bundle');
