-- List what is known of all tenants without reading their documents, in the order of names.
SELECT name, id, version, publication, needs_review, reseller
FROM tenant
ORDER BY name COLLATE "C"
