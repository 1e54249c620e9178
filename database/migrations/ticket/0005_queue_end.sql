-- A queue whose event has ended, was cancelled or lets everybody in has nobody waiting any more: its line is dropped once.
ALTER TABLE ticket_schema.queue_events ADD COLUMN closed_at timestamptz;
