-- Take the part of a reader until the transaction ends, if nobody has it.
SELECT pg_try_advisory_xact_lock(hashtext('lazaretto ' || %(reader)s))
