-- Read a bundle as it came.
SELECT octets FROM bundle WHERE version = %(version)s
