-- Note what became of a request.
UPDATE release_request
SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, decision_reason = %(reason)s
WHERE id = %(id)s
