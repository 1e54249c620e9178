-- When payment last said that a refund is on its way. Thousands of them wait there after an event was cancelled; asking for each every 30
-- seconds would be most of the work.
ALTER TABLE ticket_schema.reservations ADD COLUMN refund_known_at timestamptz;
