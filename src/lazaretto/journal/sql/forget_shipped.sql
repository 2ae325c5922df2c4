-- Forget exactly the events that were shipped: others may have appeared between them.
DELETE FROM outbox
WHERE seq = ANY (%(numbers)s::bigint[])
