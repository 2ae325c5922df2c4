-- Put down one reporter's word about a signature; the last one counts.
INSERT INTO signature_vote (signature, tenant, reporter, source, is_spam, at)
VALUES (%(signature)s, %(tenant)s, %(reporter)s, %(source)s, %(is_spam)s, %(now)s)
ON CONFLICT (signature, tenant, reporter) DO UPDATE
SET source = EXCLUDED.source, is_spam = EXCLUDED.is_spam, at = EXCLUDED.at
