-- Take the lock of a piece of work for as long as the connection lasts; false when somebody else has it.
SELECT pg_try_advisory_lock(hashtextextended('lazaretto ' || %(what)s, 0))
