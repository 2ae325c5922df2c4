-- Forget acquaintances that were not renewed for long, and those beyond the most that a tenant may have.
DELETE FROM contact
USING (
    SELECT tenant, key, row_number() OVER (PARTITION BY tenant ORDER BY last_seen DESC, key) AS place
    FROM contact
    WHERE key NOT BETWEEN 0 AND %(marks)s - 1
) AS ranked
WHERE contact.tenant = ranked.tenant
  AND contact.key = ranked.key
  AND (contact.last_seen < %(before)s OR ranked.place > %(most)s)
