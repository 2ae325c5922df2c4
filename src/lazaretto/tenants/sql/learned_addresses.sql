-- List what a tenant's mail taught, in the order of addresses.
SELECT address, source, first_seen, last_seen, messages
FROM learned_address
WHERE tenant = %(tenant)s
  AND address COLLATE "C" > %(after)s
ORDER BY address COLLATE "C"
LIMIT %(wanted)s
