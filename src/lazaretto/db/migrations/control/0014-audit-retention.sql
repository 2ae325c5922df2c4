-- Where a chain begins since its oldest entries were forgotten: the last of them, by number, hash and time.
ALTER TABLE audit_chain
    ADD COLUMN forgotten_number bigint NOT NULL DEFAULT 0,
    ADD COLUMN forgotten_hash bytea,
    ADD COLUMN forgotten_at timestamptz;
