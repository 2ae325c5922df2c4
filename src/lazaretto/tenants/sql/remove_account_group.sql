-- End an account group.
DELETE FROM account_group
WHERE tenant = %(tenant)s
  AND id = %(id)s
RETURNING id
