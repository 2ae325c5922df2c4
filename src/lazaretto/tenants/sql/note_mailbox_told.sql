-- Note how far the owner of a mailbox was told; time never goes back.
INSERT INTO mailbox (tenant, address, digested_at, told_until, welcomed_at)
VALUES (%(tenant)s, %(address)s, %(slot)s, %(until)s, %(welcomed_at)s)
ON CONFLICT (tenant, address) DO UPDATE
SET digested_at = greatest(mailbox.digested_at, excluded.digested_at),
    told_until = greatest(mailbox.told_until, excluded.told_until),
    welcomed_at = coalesce(mailbox.welcomed_at, excluded.welcomed_at)
