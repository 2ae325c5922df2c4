-- Forget hourly figures that are too old.
DELETE FROM rollup_hour
WHERE hour < %(figures_before)s
