-- Prolong the lease of a node.
UPDATE node
SET lease_until = %(lease_until)s
WHERE number = %(number)s
