-- Read how far a reader has come.
SELECT position FROM progress WHERE reader = %(reader)s
