-- Read the highest version that was ever installed; NULL when none was.
SELECT max(version) FROM bundle
