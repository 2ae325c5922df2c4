-- Let somebody read a mailbox, unless too many do already; one who does stays as they are.
INSERT INTO mailbox_reader (tenant, mailbox, reader, kind, given_by, given_at, confirmed_at)
SELECT %(tenant)s, %(mailbox)s, %(reader)s, %(kind)s, %(by)s, %(now)s, %(confirmed_at)s
WHERE (SELECT count(*) FROM mailbox_reader WHERE tenant = %(tenant)s AND mailbox = %(mailbox)s) < %(most)s
  AND (SELECT count(*) FROM mailbox_reader WHERE tenant = %(tenant)s AND reader = %(reader)s) < %(most)s
ON CONFLICT (tenant, mailbox, reader) DO UPDATE
SET given_at = excluded.given_at, asked_at = NULL, confirmed_at = coalesce(mailbox_reader.confirmed_at, excluded.confirmed_at)
RETURNING mailbox
