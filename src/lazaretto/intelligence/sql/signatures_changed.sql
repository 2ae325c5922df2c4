-- Tell whether signatures changed: the last change and their number.
SELECT max(changed_at), count(*)
FROM signature
