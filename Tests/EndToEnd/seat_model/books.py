"""The books in PostgreSQL while everybody pauses: the invariants of the tables, and the model compared with the rows."""

import json
import time

import helpers

from .model import FOREVER, SLACK, Claim, Violation

# Every row names a breach; all of it is read in one snapshot.
BREACHES = """
WITH events AS (SELECT unnest('{events}'::uuid[]) AS event_id), seats AS (
    SELECT s.* FROM ticket_schema.seats s JOIN events USING (event_id)
), claims AS (
    SELECT c.* FROM ticket_schema.seat_claims c JOIN events USING (event_id) WHERE c.ended_at IS NULL
), items AS (
    SELECT i.*, r.event_id, r.status FROM ticket_schema.reservation_items i JOIN ticket_schema.reservations r ON r.id = i.reservation_id
    JOIN events USING (event_id)
)
SELECT 'version gap in ' || c.event_id || ': version ' || c.version || ', changes ' || count(s.version)
           || ', last ' || coalesce(max(s.version), 1)
FROM ticket_schema.event_counters c JOIN events USING (event_id) LEFT JOIN ticket_schema.seat_changes s USING (event_id)
GROUP BY c.event_id, c.version
HAVING c.version <> count(s.version) + 1 OR c.version <> coalesce(max(s.version), 1) OR coalesce(min(s.version), 2) <> 2
UNION ALL
SELECT 'free + held + reserved <> total in ' || c.event_id
FROM ticket_schema.event_counters c JOIN events USING (event_id)
WHERE c.total <> (SELECT count(*) FILTER (WHERE status = 'available' OR (status = 'locked' AND hold_expires_at <= now()))
                       + count(*) FILTER (WHERE status = 'locked' AND hold_expires_at > now())
                       + count(*) FILTER (WHERE status = 'reserved') FROM seats s WHERE s.event_id = c.event_id)
   OR c.sold <> (SELECT count(*) FROM seats s WHERE s.event_id = c.event_id AND status = 'reserved')
UNION ALL
SELECT 'claim of seat ' || coalesce(s.id, c.seat_id)
FROM seats s FULL JOIN claims c ON c.seat_id = s.id
WHERE (s.status <> 'available') IS DISTINCT FROM (c.seat_id IS NOT NULL)
   OR (s.status <> 'available' AND (s.reserved_by <> c.user_id OR s.hold_expires_at IS DISTINCT FROM c.expires_at))
UNION ALL
SELECT 'two owners of seat ' || seat_id FROM items WHERE active GROUP BY seat_id HAVING count(*) > 1
UNION ALL
SELECT 'item of seat ' || coalesce(s.id, i.seat_id)
FROM seats s FULL JOIN (SELECT * FROM items WHERE active) i ON i.seat_id = s.id
WHERE s.reservation_id IS DISTINCT FROM i.reservation_id OR (s.status = 'reserved') <> (i.status = 'confirmed')
UNION ALL
SELECT 'reservation without its seats ' || r.id FROM ticket_schema.reservations r JOIN events USING (event_id)
WHERE (status = 'cancelled') <> NOT EXISTS (SELECT FROM items i WHERE i.reservation_id = r.id AND active)
   OR total_amount <> (SELECT sum(price) FROM items i WHERE i.reservation_id = r.id)
   OR seat_count <> (SELECT count(*) FROM items i WHERE i.reservation_id = r.id)
   OR (status <> 'cancelled' AND seat_count <> (SELECT count(*) FROM seats s WHERE s.reservation_id = r.id AND s.reserved_by = r.user_id))
UNION ALL
SELECT 'more than the cap: ' || user_id FROM claims WHERE expires_at IS NULL OR expires_at > now()
GROUP BY event_id, user_id HAVING count(*) > 4
"""

ROWS = """
SELECT json_build_object('now', extract(epoch FROM now()), 'seats', (
    SELECT json_agg(json_build_array(id, status, reserved_by, extract(epoch FROM hold_expires_at), reservation_id))
    FROM ticket_schema.seats WHERE event_id = ANY ('{events}'::uuid[])), 'reservations', (
    SELECT json_agg(json_build_array(id, status, extract(epoch FROM greatest(expires_at, paying_until)), refund_requested_at IS NOT NULL))
    FROM ticket_schema.reservations WHERE event_id = ANY ('{events}'::uuid[])))
"""

ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tiketi_ticket' AND state IN ('active', 'idle in transaction')"


def array(events):
    return "{" + ",".join(event.id for event in events) + "}"


def settle_down(seconds=15):
    """Statements of killed processes run on until they notice."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        quiet = quiet + 1 if helpers.number(ACTIVE) == 0 else 0
        if time.monotonic() > deadline:
            raise Violation("statements still run though nobody asks")
        time.sleep(0.02)


def breaches(events):
    return [row[0] for row in helpers.sql(BREACHES.format(events=array(events)))]


def compare(world):
    """What the model is sure of must be so; where it is not, it learns."""
    rows = json.loads(helpers.sql(ROWS.format(events=array(world.events)))[0][0])
    now = rows["now"]
    found = []
    seats = {seat.id: seat for event in world.events for seat in event.seats.values()}
    states = {row[0]: row for row in rows["reservations"] or []}
    for seat_id, status, owner, until, reservation_id in rows["seats"]:
        seat = seats[seat_id]
        seat.purge(now)
        is_owned = status == "reserved" or status == "locked" and until > now
        for claim in seat.claims:
            if claim.sure_until > now + SLACK and not (is_owned and owner == claim.user.id):
                found.append(f"seat {seat_id} should be {claim.user.id}'s and is {status} {owner}")
            elif claim.sure_until == FOREVER and status != "reserved":
                found.append(f"seat {seat_id} was sold and is {status}")
            elif now + SLACK < claim.sure_until != FOREVER and status == "locked" and until < claim.sure_until - SLACK:
                found.append(f"seat {seat_id} ends {claim.sure_until - until:.3f} s early")
        owners = [claim for claim in seat.claims if claim.user.id == owner]
        if is_owned and not owners:
            found.append(f"seat {seat_id} is {status} by {owner}, who never got it")
        kept = None
        if is_owned and owners:
            named = [claim for claim in owners if (claim.reservation and claim.reservation.id) == reservation_id]
            # A reservation whose answer was lost, or a hold of a seat that a reservation had before.
            kept = named[0] if named else seat.add(Claim(owners[0].user))
            kept.settle(FOREVER if status == "reserved" else until)
        for claim in [claim for claim in seat.claims if claim is not kept]:
            seat.drop(claim, now)
    for event in world.events:
        for reservation in event.reservations:
            row = states.get(reservation.id)
            if row is None:
                found.append(f"reservation {reservation.id} is gone")
                continue
            _, status, until, is_refunding = row
            if not reservation.contested and reservation.state in ("confirmed", "cancelled") and status != reservation.state:
                if not (reservation.state == "cancelled" and status == "pending" and until <= now):
                    found.append(f"reservation {reservation.id} should be {reservation.state} and is {status}")
            reservation.contested = False
            reservation.state = "cancelled" if status == "pending" and until <= now else status
            if status == "confirmed" and is_refunding:
                # Its cancel was broken off by a kill; the refund job finishes it some time.
                reservation.contested = True
                reservation.doubt()
            if reservation.state == "cancelled":
                reservation.drop(now)
    return found


def compare_maps(world, fetch):
    """Both instances tell the same truth as the rows do."""
    def rows(event):
        return dict(helpers.sql(
            "SELECT id, CASE WHEN status = 'locked' AND hold_expires_at <= now() THEN 'available' ELSE status END "
            f"FROM ticket_schema.seats WHERE event_id = '{event.id}'"))

    found = []
    for event in world.events:
        for port in world.pair.ports:
            before = rows(event)
            shown = {seat["id"]: seat["status"] for seat in fetch(port, f"/api/seats/{event.id}")["seats"]}
            after = rows(event)
            # What ends in this moment may be read on either side of its end.
            found += [
                f"seat {seat_id} is {status} and instance {port} shows {shown.get(seat_id)}" for seat_id, status in after.items()
                if before[seat_id] == status != shown.get(seat_id)]
    return found


def leftovers(events):
    """After an event was cancelled everybody's seats come back, whatever died meanwhile."""
    return helpers.number(
        "SELECT count(*) FROM ticket_schema.reservations r JOIN ticket_schema.events e ON e.id = r.event_id "
        f"WHERE e.status = 'cancelled' AND r.status <> 'cancelled' AND e.id = ANY ('{array(events)}'::uuid[])")


def versions(event_ids):
    """The version of each event that there still is."""
    ids = "{" + ",".join(event_ids) + "}"
    rows = helpers.sql(f"SELECT event_id, version FROM ticket_schema.event_counters WHERE event_id = ANY ('{ids}'::uuid[])")
    return {event: int(version) for event, version in rows}
