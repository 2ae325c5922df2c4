-- Put the appended counts of the ledger into one row for each tenant and entry.
WITH appended AS (
    DELETE FROM ledger
    RETURNING tenant, entry, recipients
)
INSERT INTO ledger (tenant, entry, recipients)
SELECT tenant, entry, sum(recipients)
FROM appended
GROUP BY tenant, entry
