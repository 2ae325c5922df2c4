-- Remember what became of a DMARC report; a later word about the same one counts.
INSERT INTO dmarc_report (day, domain, target, at, outcome)
VALUES (%(day)s, %(domain)s, %(target)s, %(now)s, %(outcome)s)
ON CONFLICT (day, domain, target) DO UPDATE
SET at = EXCLUDED.at, outcome = EXCLUDED.outcome
