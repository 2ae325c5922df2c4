-- What is wrong with looking on each machine, as the machine itself tells it.
CREATE TABLE machine_troubles (
    -- Number of the machine's node.
    node integer PRIMARY KEY,
    host text NOT NULL,
    seen_at timestamptz NOT NULL,
    troubles jsonb NOT NULL
);
