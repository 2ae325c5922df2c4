-- Forget a letter that was put into the spool, or that is not to be sent.
DELETE FROM account_letter
WHERE id = %(id)s
