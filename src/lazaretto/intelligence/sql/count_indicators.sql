-- Count the entries of one tenant, or of the operator.
SELECT count(*) FROM indicator WHERE tenant IS NOT DISTINCT FROM %(tenant)s
