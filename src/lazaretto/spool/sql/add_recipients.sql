-- Add recipients of copies that actions ordered.
INSERT INTO recipient (
    tenant, message, number, address, deliver_to, notify, original, place, additional, settled_at
)
SELECT tenant, message, number, address, deliver_to, notify, original, place, additional, settled_at
FROM json_to_recordset(%(rows)s::json) AS given (
    tenant integer, message uuid, number smallint, address text, deliver_to text, notify text,
    original text, place text, additional boolean, settled_at timestamptz
)
