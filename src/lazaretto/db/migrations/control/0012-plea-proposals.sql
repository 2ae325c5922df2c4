-- Which proposal would let a refused sender in, where changes need a second person.
ALTER TABLE plea ADD COLUMN proposal bigint REFERENCES proposal;
