-- A hold's end stands in three rows: the seat, the claim and, when there is one, the reservation. The service writes them together. Whoever
-- shortens only one by hand, an operator who ends somebody's reservation now, shortens all: disagreeing rows would keep a seat from everybody.
-- Nothing in the service moves an end backwards, so neither trigger's body runs in a sale.

CREATE FUNCTION ticket_schema.shorten_hold_with_seat() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    until timestamptz := least(NEW.hold_expires_at, OLD.hold_expires_at - (OLD.reserved_at - NEW.reserved_at));
BEGIN
    UPDATE ticket_schema.seats s SET hold_expires_at = until WHERE s.id = NEW.id AND s.hold_expires_at > until;
    UPDATE ticket_schema.seat_claims c SET expires_at = until
    WHERE c.seat_id = NEW.id AND c.ended_at IS NULL AND c.expires_at > until;
    UPDATE ticket_schema.reservations r SET expires_at = until
    WHERE r.id = NEW.reservation_id AND r.status = 'pending' AND r.expires_at > until;
    RETURN NULL;
END;
$$;

CREATE TRIGGER seats_shorten_hold AFTER UPDATE OF reserved_at ON ticket_schema.seats FOR EACH ROW
    WHEN (OLD.status = 'locked' AND NEW.status = 'locked' AND NEW.reserved_by = OLD.reserved_by AND NEW.reserved_at < OLD.reserved_at)
    EXECUTE FUNCTION ticket_schema.shorten_hold_with_seat();

CREATE FUNCTION ticket_schema.shorten_hold_with_reservation() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    -- A running payment's lease is not cut: its outcome decides.
    until timestamptz := greatest(NEW.expires_at, NEW.paying_until);
BEGIN
    UPDATE ticket_schema.seat_claims c SET expires_at = until
    FROM ticket_schema.reservation_items i
    WHERE i.reservation_id = NEW.id AND c.seat_id = i.seat_id AND c.user_id = NEW.user_id AND c.ended_at IS NULL AND c.expires_at > until;
    UPDATE ticket_schema.seats s SET hold_expires_at = until
    FROM ticket_schema.reservation_items i
    WHERE i.reservation_id = NEW.id AND s.id = i.seat_id AND s.reservation_id = NEW.id AND s.status = 'locked' AND s.hold_expires_at > until;
    RETURN NULL;
END;
$$;

CREATE TRIGGER reservations_shorten_hold AFTER UPDATE OF expires_at ON ticket_schema.reservations FOR EACH ROW
    WHEN (OLD.status = 'pending' AND NEW.status = 'pending' AND NEW.expires_at < OLD.expires_at)
    EXECUTE FUNCTION ticket_schema.shorten_hold_with_reservation();
