-- Add looks to the index of what was found; a look that is told again replaces the earlier one.
INSERT INTO trace_look (
    received_at, tenant, message, version, symbols, senders, client_ip, spam, phishing, bulk, score, look, shadow
)
SELECT
    received_at, tenant, message, version, symbols, senders, client_ip, spam, phishing, bulk, score,
    decode(look, 'hex'), shadow
FROM json_to_recordset(%(looks)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, version integer, symbols text[], senders text[],
    client_ip inet, spam real, phishing real, bulk real, score real, look text, shadow jsonb
)
ON CONFLICT (received_at, tenant, message) DO UPDATE
SET version = EXCLUDED.version,
    symbols = EXCLUDED.symbols,
    senders = EXCLUDED.senders,
    client_ip = EXCLUDED.client_ip,
    spam = EXCLUDED.spam,
    phishing = EXCLUDED.phishing,
    bulk = EXCLUDED.bulk,
    score = EXCLUDED.score,
    look = EXCLUDED.look,
    shadow = EXCLUDED.shadow
