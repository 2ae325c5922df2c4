-- Forget votes that have faded.
DELETE FROM leaning_vote
WHERE at < %(before)s
