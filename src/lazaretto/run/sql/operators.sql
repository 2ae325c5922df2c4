-- Find the operators who administer the platform, with their languages.
SELECT account.email, account.language
FROM account
INNER JOIN account_grant ON account_grant.account_id = account.id
WHERE account_grant.tenant IS NULL
    AND account_grant.role = 'operator-administrator'
    AND account.is_active
ORDER BY account.email
LIMIT 100
