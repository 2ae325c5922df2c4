-- Let go of the lock of a piece of work.
SELECT pg_advisory_unlock(hashtextextended('lazaretto ' || %(what)s, 0))
