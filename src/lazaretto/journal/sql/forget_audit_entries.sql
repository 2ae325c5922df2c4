-- Remove the entries of a tenant's audit chain up to a number.
DELETE FROM audit_entry
WHERE tenant = %(tenant)s
  AND number <= %(number)s
