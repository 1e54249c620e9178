-- Rows and seats have labels. row_number and seat_number stay what they were, numbers that say the place; a row with letters has its place
-- beyond 1,000,000 there. A label is null where nobody wrote one, in rows of before and in those that the version before still makes:
-- it then reads as the number. So no row is rewritten while seats are sold (docs/migrations.md).
SET LOCAL lock_timeout = '3s';
ALTER TABLE ticket_schema.seats ADD COLUMN row_label varchar(10), ADD COLUMN number_label varchar(10);
