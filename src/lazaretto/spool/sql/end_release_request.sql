-- Note that what was approved is done.
UPDATE release_request SET state = %(state)s WHERE id = %(id)s
