-- What people set and share around their own quarantine.

-- One mailbox: when its owner wants digests, and how far they have been told.
CREATE TABLE mailbox (
    tenant integer NOT NULL,
    -- Folded.
    address text NOT NULL,
    -- Empty = as the tenant says.
    language text NOT NULL DEFAULT '',
    -- usual, own or none.
    digest text NOT NULL DEFAULT 'usual',
    -- Full hours by weekday, where digest is own.
    hours jsonb NOT NULL DEFAULT '{}',
    -- Classes that the owner does not want to hear of.
    silent text[] NOT NULL DEFAULT '{}',
    welcomed_at timestamptz,
    -- The hour of the grid that the last digest was for.
    digested_at timestamptz,
    -- The newest copy that a digest has told of.
    told_until timestamptz,
    PRIMARY KEY (tenant, address)
);

-- Somebody may read a mailbox that is not their own.
CREATE TABLE mailbox_reader (
    tenant integer NOT NULL,
    mailbox text NOT NULL,
    reader text NOT NULL,
    -- address: the reader's own further address; delegate: its owner lets the reader in.
    kind text NOT NULL,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    -- A further address counts once somebody who reads its mail has confirmed it.
    confirmed_at timestamptz,
    -- When the mail was sent that asks to confirm it.
    asked_at timestamptz,
    PRIMARY KEY (tenant, mailbox, reader)
);
CREATE INDEX mailbox_reader_reader ON mailbox_reader (tenant, reader);
CREATE INDEX mailbox_reader_unasked ON mailbox_reader (given_at) WHERE confirmed_at IS NULL AND asked_at IS NULL;

-- Shared mailboxes and those who look after them.
CREATE TABLE account_group (
    id uuid PRIMARY KEY,
    tenant integer NOT NULL,
    name text NOT NULL,
    mailboxes text[] NOT NULL,
    members text[] NOT NULL,
    UNIQUE (tenant, name)
);
CREATE INDEX account_group_members ON account_group USING gin (members);

-- Links in mail whose form was sent: each does what it does once.
CREATE TABLE used_mail_link (
    digest bytea PRIMARY KEY,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_mail_link_expiry ON used_mail_link (expires_at);

-- Requests for a release whose decision was mailed to the one who asked.
CREATE TABLE told_decision (
    request uuid PRIMARY KEY,
    told_at timestamptz NOT NULL
);

-- By which way a report came, and when its reporter was told of the answer.
ALTER TABLE report_case ADD COLUMN way text NOT NULL DEFAULT '';
ALTER TABLE report_case ADD COLUMN told_at timestamptz;
CREATE INDEX report_case_state ON report_case (state, opened_at) WHERE told_at IS NULL;
