-- Read what was counted about one domain on one day, most messages first.
SELECT record, told, messages
FROM dmarc_count
WHERE day = %(day)s
  AND domain = %(domain)s
ORDER BY messages DESC, row_key
LIMIT %(wanted)s
