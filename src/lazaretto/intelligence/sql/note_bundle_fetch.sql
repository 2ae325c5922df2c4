-- Note a look at a source of bundles.
INSERT INTO bundle_fetch (source, looked_at, version, problem)
VALUES (%(source)s, %(now)s, %(version)s, %(problem)s)
ON CONFLICT (source) DO UPDATE
SET looked_at = EXCLUDED.looked_at, version = EXCLUDED.version, problem = EXCLUDED.problem
