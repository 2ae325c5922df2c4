-- With whom the people of a tenant had mail: keyed digests, from which nobody can read an address.
CREATE TABLE contact (
    tenant integer NOT NULL,
    -- Of author and mailbox, or of the author and the tenant as a whole; 0 = the first mail that was noted.
    key bigint NOT NULL,
    first_seen date NOT NULL,
    last_seen date NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX contact_age ON contact (tenant, last_seen);
