-- Note that the reporter was told what came of a case.
UPDATE report_case
SET told_at = %(now)s
WHERE id = %(id)s
