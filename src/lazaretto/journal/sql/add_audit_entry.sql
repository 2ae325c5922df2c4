-- Add an entry to a tenant's audit chain.
INSERT INTO audit_entry (
    tenant, number, at, actor, on_behalf_of, client, act, object, before, after, hash
)
VALUES (
    %(tenant)s, %(number)s, %(at)s, %(actor)s, %(on_behalf_of)s, %(client)s, %(act)s, %(object)s, %(before)s,
    %(after)s, %(hash)s
)
