-- Detailed records of safe mail, of tenants that want them; malware has a table of its own.
CREATE SEQUENCE mail_event_number;
CREATE TABLE mail_event (
    -- In the order in which they became known; readers go on where they were.
    number bigint NOT NULL DEFAULT nextval('mail_event_number'),
    received_at timestamptz NOT NULL,
    tenant integer NOT NULL,
    message uuid NOT NULL,
    event jsonb NOT NULL,
    PRIMARY KEY (received_at, tenant, message)
) PARTITION BY RANGE (received_at);
CREATE INDEX mail_event_order ON mail_event (number);
