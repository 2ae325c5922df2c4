-- Forget the silence of those who answer.
DELETE FROM silence
WHERE name = ANY (%(names)s)
