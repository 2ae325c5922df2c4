-- Note that somebody asks for a release; nothing where one is open already.
INSERT INTO release_request
    (id, tenant, message, quarantine, target, reason, requested_by, requested_at, alone, state)
VALUES
    (%(id)s, %(tenant)s, %(message)s, %(quarantine)s, %(target)s, %(reason)s, %(by)s, %(now)s, %(alone)s,
     'looking')
ON CONFLICT DO NOTHING
RETURNING id
