-- Add to what was counted of DMARC evaluations.
INSERT INTO dmarc_count (day, domain, row_key, record, told, messages)
SELECT given.day, given.domain, given.key, given.record, given.told, given.messages
FROM json_to_recordset(%(counted)s::json) AS given (
    day date, domain text, key text, record text, told jsonb, messages bigint
)
ON CONFLICT (day, domain, row_key) DO UPDATE
SET messages = dmarc_count.messages + EXCLUDED.messages
