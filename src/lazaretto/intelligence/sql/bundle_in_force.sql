-- Read which bundle is in force, without its octets; no row when none was ever installed.
SELECT installation.number, installation.version, installation.how, installation.installed_by,
       installation.installed_at, bundle.name, bundle.signed_by, bundle.made_at
FROM bundle_installation AS installation
LEFT JOIN bundle ON bundle.version = installation.version
ORDER BY installation.number DESC
LIMIT %(wanted)s
