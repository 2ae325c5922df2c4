-- Read all words about a signature.
SELECT tenant, source, is_spam
FROM signature_vote
WHERE signature = %(signature)s
