-- Note how far a reader has come.
INSERT INTO progress (reader, position)
VALUES (%(reader)s, %(position)s::jsonb)
ON CONFLICT (reader) DO UPDATE
SET position = EXCLUDED.position
