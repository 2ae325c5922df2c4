-- Forget figures of hours that are too old.
DELETE FROM traffic_hour
WHERE hour < %(figures_before)s
