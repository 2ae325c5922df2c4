-- Forget what no limit looks back to.
DELETE FROM tally
WHERE hour < %(before)s
