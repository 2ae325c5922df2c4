-- The order in which events reached the trace: who reads a feed goes on where they stopped.  Numbers of
-- the outbox do not do, for a transaction that commits late has lower ones than its neighbours.  One
-- shipper at a time writes here, so a higher number never becomes visible before a lower one.
CREATE SEQUENCE event_shipped;
ALTER TABLE event ADD COLUMN shipped bigint NOT NULL DEFAULT nextval('event_shipped');
CREATE INDEX event_feed ON event (tenant, shipped);
