-- What else people know of a message, as terms (journal.terms), and what becomes of searches by state.
ALTER TABLE trace_message ADD COLUMN terms text[];
CREATE INDEX trace_message_terms ON trace_message USING gin (terms);
CREATE INDEX trace_message_verdict ON trace_message (tenant, verdict, received_at) WHERE verdict <> 'clean';
CREATE INDEX trace_recipient_place ON trace_recipient (tenant, place, received_at);
CREATE INDEX trace_recipient_domain ON trace_recipient (tenant, domain, received_at);
CREATE INDEX trace_recipient_remote ON trace_recipient (tenant, remote, received_at);
CREATE INDEX trace_recipient_disposition ON trace_recipient (tenant, disposition, received_at)
    WHERE disposition <> 'deliver';

-- Messages by the hour in which they were received: counted from the trace, never added up, so that a
-- number here is what a search finds.
CREATE TABLE traffic_hour (
    tenant integer NOT NULL,
    hour timestamptz NOT NULL,
    -- Empty = of all domains; a message for two domains counts once here, and once in each of them.
    domain text NOT NULL,
    direction text NOT NULL,
    -- ``all``, ``scanned``, ``verdict:…`` or ``place:…``.
    measure text NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (tenant, hour, domain, direction, measure)
);

-- Hours of which something became known since they were counted.
CREATE TABLE traffic_to_count (
    tenant integer NOT NULL,
    hour timestamptz NOT NULL,
    PRIMARY KEY (tenant, hour)
);
INSERT INTO traffic_to_count (tenant, hour)
SELECT DISTINCT tenant, date_trunc('hour', received_at, 'UTC')
FROM trace_message;
