-- List which references to content outside the database some message names.
SELECT content_reference
FROM message
WHERE content_kind = %(kind)s
  AND content_kind <> 'inline'
  AND content_reference = ANY (%(references)s)
