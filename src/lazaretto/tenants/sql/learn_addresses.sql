-- Note addresses that sent mail: when first, when last and how often.
INSERT INTO learned_address (tenant, address, source, first_seen, last_seen, messages)
SELECT taught.tenant, taught.address, %(source)s, taught.at, taught.at, taught.messages
FROM jsonb_to_recordset(%(taught)s::jsonb)
    AS taught (tenant integer, address text, at timestamptz, messages bigint)
JOIN tenant ON tenant.id = taught.tenant
ON CONFLICT (tenant, address) DO UPDATE
SET last_seen = greatest(learned_address.last_seen, EXCLUDED.last_seen),
    messages = learned_address.messages + EXCLUDED.messages
