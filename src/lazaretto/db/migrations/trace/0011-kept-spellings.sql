-- Names of files and the subject of each message, as patterns of indicators are compared with them.
-- Null in rows of earlier versions, for which the trace tells what it can.
ALTER TABLE feature ADD COLUMN names text[], ADD COLUMN subject text;
