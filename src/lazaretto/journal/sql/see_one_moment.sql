-- Let the transaction that begins see one moment, whatever is written meanwhile.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
