-- Remove every entry of one tenant, or of the operator.
DELETE FROM indicator WHERE tenant IS NOT DISTINCT FROM %(tenant)s
