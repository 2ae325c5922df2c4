-- Tell whether the tables of accounts are made.
SELECT to_regclass('account_letter') IS NOT NULL AND to_regclass('account_failure') IS NOT NULL
