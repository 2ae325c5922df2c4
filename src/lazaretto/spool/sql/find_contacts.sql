-- Find which of some acquaintances a tenant has.
SELECT key, first_seen
FROM contact
WHERE tenant = %(tenant)s AND key = ANY(%(keys)s)
