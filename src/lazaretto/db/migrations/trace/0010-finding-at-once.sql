-- Searches that ask where a domain's copies are, for what was never looked at, and for our own notices.
DROP INDEX trace_recipient_domain;
CREATE INDEX trace_recipient_domain ON trace_recipient (tenant, domain, place, received_at);
CREATE INDEX trace_message_unscanned ON trace_message (tenant, received_at) WHERE verdict IS NULL;
CREATE INDEX trace_message_ours ON trace_message (tenant, received_at) WHERE direction = 'internal';
