-- Note of a tenant what is asked without reading its document.
UPDATE tenant
SET reseller = %(reseller)s, needs_review = %(needs_review)s
WHERE id = %(tenant)s
