-- Bring a bundle into force, or what the program ships; return the installation's number.
INSERT INTO bundle_installation (version, how, installed_by)
VALUES (%(version)s, %(how)s, %(by)s)
RETURNING number
