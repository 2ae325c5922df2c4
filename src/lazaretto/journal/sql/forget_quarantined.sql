-- Forget copies that left the quarantine long ago.
DELETE FROM quarantine
WHERE ended_at < %(ended_before)s
