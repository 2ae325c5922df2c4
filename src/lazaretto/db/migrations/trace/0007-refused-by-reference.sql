-- A refused sender has nothing but the code in our reply.
CREATE INDEX event_reference ON event ((details ->> 'reference')) WHERE kind = 'refused';
