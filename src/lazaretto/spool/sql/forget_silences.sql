-- Forget silences that were over long ago.
DELETE FROM silence
WHERE until < %(before)s
