-- List the names of all tenants in their order, with their numbers and who sold them.
SELECT name, id, reseller
FROM tenant
ORDER BY name COLLATE "C"
