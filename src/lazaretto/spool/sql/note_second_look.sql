-- Note what a second look said; the request waits for a decision, unless it was decided meanwhile.
UPDATE release_request
SET state = 'waiting', second_look = %(verdict)s, looked_with = %(bundle)s
WHERE id = %(id)s
  AND state = 'looking'
