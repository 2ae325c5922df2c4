-- List the names of all tenants in their order.
SELECT name
FROM tenant
ORDER BY name COLLATE "C"
