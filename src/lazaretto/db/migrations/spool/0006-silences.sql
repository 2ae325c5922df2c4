-- Destinations and hosts that do not answer: one dead customer costs one probe, not one per process.
-- In place of route_state, which nothing wrote.
DROP TABLE route_state;

CREATE TABLE silence (
    name text PRIMARY KEY,
    failures integer NOT NULL,
    until timestamptz NOT NULL
);
