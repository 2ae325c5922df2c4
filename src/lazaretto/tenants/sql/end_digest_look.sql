-- Note that a look at who is due for a digest went to its end.
UPDATE digest_look
SET ended_at = begun_at, begun_at = NULL
WHERE begun_at = %(at)s
