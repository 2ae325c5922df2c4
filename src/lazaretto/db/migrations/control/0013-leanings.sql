-- What a tenant's people said of kinds of mail by releasing and reporting it; the last word of each counts.
CREATE TABLE leaning_vote (
    tenant integer NOT NULL,
    -- A sender that is vouched for, or a rule.
    subject text NOT NULL,
    -- Folded address of whoever said it.
    person text NOT NULL,
    is_wanted boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant, subject, person)
);
CREATE INDEX leaning_vote_day ON leaning_vote (tenant, at);
INSERT INTO intelligence_revision (subject) VALUES ('leaning');
