-- Add messages to the search index, or what is told of known ones.
INSERT INTO trace_message (
    received_at, tenant, message, direction, sender, sender_folded, sender_domain, subject, message_id,
    client_ip, size, verdict, score, reply, terms
)
SELECT
    received_at, tenant, message, direction, sender, sender_folded, sender_domain, subject, message_id,
    client_ip, size, verdict, score, reply, terms
FROM json_to_recordset(%(messages)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, direction text, sender text, sender_folded text,
    sender_domain text, subject text, message_id text, client_ip inet, size bigint, verdict text,
    score double precision, reply text, terms text[]
)
ON CONFLICT (received_at, tenant, message) DO UPDATE
SET direction = coalesce(EXCLUDED.direction, trace_message.direction),
    sender = coalesce(EXCLUDED.sender, trace_message.sender),
    sender_folded = coalesce(EXCLUDED.sender_folded, trace_message.sender_folded),
    sender_domain = coalesce(EXCLUDED.sender_domain, trace_message.sender_domain),
    subject = coalesce(EXCLUDED.subject, trace_message.subject),
    message_id = coalesce(EXCLUDED.message_id, trace_message.message_id),
    client_ip = coalesce(EXCLUDED.client_ip, trace_message.client_ip),
    size = coalesce(EXCLUDED.size, trace_message.size),
    verdict = coalesce(EXCLUDED.verdict, trace_message.verdict),
    score = coalesce(EXCLUDED.score, trace_message.score),
    reply = coalesce(EXCLUDED.reply, trace_message.reply),
    terms = CASE
        WHEN trace_message.terms IS NULL OR EXCLUDED.terms IS NULL
            THEN coalesce(EXCLUDED.terms, trace_message.terms)
        ELSE (
            SELECT array_agg(DISTINCT term ORDER BY term)
            FROM unnest(trace_message.terms || EXCLUDED.terms) AS term
        )
    END
