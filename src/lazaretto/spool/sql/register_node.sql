-- Return the number of the node with this token, new or known.
INSERT INTO node (token, host, lease_until)
VALUES (%(token)s, %(host)s, %(lease_until)s)
ON CONFLICT (token) DO UPDATE
SET host = EXCLUDED.host, lease_until = EXCLUDED.lease_until
RETURNING number
