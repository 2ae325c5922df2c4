-- Keep a bundle.
INSERT INTO bundle (version, octets, signed_by, name, made_at)
VALUES (%(version)s, %(octets)s, %(signed_by)s, %(name)s, %(made_at)s)
