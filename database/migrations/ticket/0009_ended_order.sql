-- The order whose lease payment ended last: a request to prolong it that was under way at that moment must not take the lease again.
SET LOCAL lock_timeout = '3s';
ALTER TABLE ticket_schema.reservations ADD COLUMN ended_order_id text;
