-- Add recipients to the search index, or what is told of known ones.
INSERT INTO trace_recipient (
    received_at, tenant, message, address, folded, domain, place, disposition, attempts, settled_at, remote,
    reply
)
SELECT
    received_at, tenant, message, address, folded, domain, place, disposition, attempts, settled_at, remote,
    reply
FROM json_to_recordset(%(recipients)s::json) AS given (
    received_at timestamptz, tenant integer, message uuid, address text, folded text, domain text, place text,
    disposition text, attempts integer, settled_at timestamptz, remote text, reply text
)
ON CONFLICT (received_at, tenant, message, address) DO UPDATE
SET place = coalesce(EXCLUDED.place, trace_recipient.place),
    disposition = coalesce(EXCLUDED.disposition, trace_recipient.disposition),
    attempts = trace_recipient.attempts + EXCLUDED.attempts,
    settled_at = coalesce(EXCLUDED.settled_at, trace_recipient.settled_at),
    remote = coalesce(EXCLUDED.remote, trace_recipient.remote),
    reply = coalesce(EXCLUDED.reply, trace_recipient.reply)
