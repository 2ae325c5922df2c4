-- What senders sent, by the hour, so that limits hold across processes, nodes and restarts.
CREATE TABLE tally (
    tenant integer NOT NULL,
    -- What is counted: a sender's recipients, or messages of one kind by their digest.
    subject text NOT NULL,
    hour timestamptz NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (tenant, subject, hour)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX tally_hour ON tally (hour);
