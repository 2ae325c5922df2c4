-- Note that a refused sender asks, or asks again.
INSERT INTO plea (tenant, reference, message, sender, asked_at)
VALUES (%(tenant)s, %(reference)s, %(message)s, %(sender)s, %(now)s)
ON CONFLICT (tenant, reference) DO UPDATE
SET times = plea.times + 1
