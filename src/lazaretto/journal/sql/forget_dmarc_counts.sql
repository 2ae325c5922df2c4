-- Forget what was counted of DMARC evaluations before a day.
DELETE FROM dmarc_count
WHERE day < %(before)s
