-- Forget what became of DMARC reports about days before a day.
DELETE FROM dmarc_report
WHERE day < %(before)s
