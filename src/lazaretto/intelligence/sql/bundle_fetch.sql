-- Read the last look at a source of bundles.
SELECT looked_at, version, problem
FROM bundle_fetch
WHERE source = %(source)s
