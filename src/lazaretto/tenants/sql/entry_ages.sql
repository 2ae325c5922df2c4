-- List since when entries stand on a tenant's lists, or are on trial.
SELECT list, entry, since
FROM list_entry
WHERE tenant = %(tenant)s
