-- List what people of a tenant reported since a time.
SELECT DISTINCT subject_of
FROM report_case
WHERE tenant = %(tenant)s
  AND opened_at >= %(since)s
