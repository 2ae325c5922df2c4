-- Forget TLS reports that came in about times before a moment.
DELETE FROM tls_report_received
WHERE ended < %(figures_before)s
