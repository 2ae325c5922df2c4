-- DMARC evaluations by day, for aggregate reports (RFC 9990), and what became of those reports.

-- Messages that were evaluated alike under one published record.
CREATE TABLE dmarc_count (
    day date NOT NULL,
    domain text NOT NULL,
    row_key text NOT NULL,
    record text NOT NULL,
    told jsonb NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (day, domain, row_key)
);

-- What became of our report about a day to one address; an empty target = all of them are done with.
CREATE TABLE dmarc_report (
    day date NOT NULL,
    domain text NOT NULL,
    target text NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    PRIMARY KEY (day, domain, target)
);
