-- Add policies of TLS reports that came in; a report that comes again changes nothing.
INSERT INTO tls_report_received (
    tenant, organization, report, domain, policy, message, received_at, began, ended, signed_by, contact,
    successful, failed, failures
)
SELECT
    tenant, organization, report, domain, policy, message, received_at, began, ended, signed_by, contact,
    successful, failed, failures
FROM json_to_recordset(%(reports)s::json) AS given (
    tenant integer, organization text, report text, domain text, policy text, message uuid,
    received_at timestamptz, began timestamptz, ended timestamptz, signed_by text, contact text,
    successful bigint, failed bigint, failures jsonb
)
ON CONFLICT DO NOTHING
