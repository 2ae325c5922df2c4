-- A process is known by its connection, not by its name: two may share a name, and the number of a
-- server process that has ended is given to another one.
DROP TABLE process_version;

CREATE TABLE process_version (
    backend integer NOT NULL,
    backend_start timestamptz NOT NULL,
    process text NOT NULL,
    publication bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (backend, backend_start)
);
