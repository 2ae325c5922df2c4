-- Find letters about accounts that wait, oldest first, with what is known of who gets them.
SELECT letter.id, letter.address, letter.kind, letter.language, letter.sealed, letter.created_at,
    account.id IS NOT NULL AND account.is_active AS is_known,
    (
        SELECT min(account_grant.tenant)
        FROM account_grant
        WHERE account_grant.account_id = account.id
    ) AS granted_in
FROM account_letter AS letter
LEFT JOIN account ON account.email = letter.address
ORDER BY letter.created_at
LIMIT 100
