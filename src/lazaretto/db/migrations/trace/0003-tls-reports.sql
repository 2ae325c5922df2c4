-- TLS reports (RFC 8460): what became of sessions, which reports went out, and those that came in.

-- Sessions with a domain on a day under one policy.
CREATE TABLE tls_session (
    day date NOT NULL,
    domain text NOT NULL,
    policy text NOT NULL,
    lines text[] NOT NULL,
    successful bigint NOT NULL,
    failed bigint NOT NULL,
    PRIMARY KEY (day, domain, policy)
);

CREATE TABLE tls_failure (
    day date NOT NULL,
    domain text NOT NULL,
    policy text NOT NULL,
    kind text NOT NULL,
    host text NOT NULL,
    ip text NOT NULL,
    sessions bigint NOT NULL,
    PRIMARY KEY (day, domain, policy, kind, host, ip)
);

-- What became of our own report about a day to one address of a domain; an empty target means nobody wants one.
CREATE TABLE tls_report_sent (
    day date NOT NULL,
    domain text NOT NULL,
    target text NOT NULL,
    at timestamptz NOT NULL,
    is_settled boolean NOT NULL,
    attempts integer NOT NULL,
    outcome text NOT NULL,
    PRIMARY KEY (day, domain, target)
);

-- One policy of one report that came in, as its sender counted; a report that comes again changes nothing.
CREATE TABLE tls_report_received (
    tenant integer NOT NULL,
    organization text NOT NULL,
    report text NOT NULL,
    domain text NOT NULL,
    policy text NOT NULL,
    message uuid NOT NULL,
    received_at timestamptz NOT NULL,
    began timestamptz NOT NULL,
    ended timestamptz NOT NULL,
    signed_by text NOT NULL,
    contact text NOT NULL,
    successful bigint NOT NULL,
    failed bigint NOT NULL,
    failures jsonb NOT NULL,
    PRIMARY KEY (tenant, organization, report, domain, policy)
);
CREATE INDEX tls_report_received_time ON tls_report_received (tenant, domain, began DESC);
