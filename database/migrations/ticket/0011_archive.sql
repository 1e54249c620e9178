-- An event that ever had a reservation is not deleted but archived: gone for the public, while its buyers and the books keep it. Its status
-- is 'cancelled' as well, so that the version before sells nothing of it.
SET LOCAL lock_timeout = '3s';
ALTER TABLE ticket_schema.events ADD COLUMN deleted_at timestamptz;
