-- When the first running hold of an event ends is asked each time its seat map is made anew.
CREATE INDEX seat_claims_event_due_idx ON ticket_schema.seat_claims (event_id, expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;
