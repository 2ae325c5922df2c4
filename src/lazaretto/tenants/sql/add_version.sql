-- Keep a version of a tenant's document and what it compiles to.
INSERT INTO tenant_version (tenant, version, document, snapshot, snapshot_format, published_by, note)
VALUES (%(tenant)s, %(version)s, %(document)s, %(snapshot)s, %(format)s, %(by)s, %(note)s)
