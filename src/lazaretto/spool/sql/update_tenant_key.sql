-- Replace what is stored of a version of a tenant's key, unless it was erased.
UPDATE tenant_key
SET wrapped = %(wrapped)s, retired_at = %(retired_at)s
WHERE tenant = %(tenant)s
  AND version = %(version)s
  AND wrapped <> ''::bytea
