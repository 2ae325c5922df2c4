-- When it was looked whose digest is due, so that a late look is known from one that is on time: one row.
CREATE TABLE digest_look (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- The look that has not ended, if any: it is done again as at that moment.
    begun_at timestamptz,
    -- The moment of the last look that went to its end.
    ended_at timestamptz
);
