"""A cancelled event gives every buyer the money back, at a pace, through kills, while others go on buying.

CI plays 60 buyers; TIKETI_BUYERS=3000 plays thousands (see scripts/crash-test cancellation).
"""

import os
import time

import faults
import helpers
from devtools import processes, services

BUYERS = int(os.environ.get("TIKETI_BUYERS", "60"))
RATE = int(os.environ.get("PAYMENT_REFUNDS_PER_SECOND", "20"))
SETTINGS = {"PAYMENT_DRIVER_SECONDS": "2", "PAYMENT_REFUNDS_PER_SECOND": str(RATE)}


def test_everybody_is_refunded_once_and_nobody_else_waits():
    faults.restart("payment", **SETTINGS)
    event = helpers.event(rows=(BUYERS + 49) // 50, seats_per_row=50, price=50000)
    seats = [seat["id"] for seat in helpers.seats(event)][:BUYERS]

    def buy(index):
        api = helpers.buyer()
        reservation = api.post("/api/reservations", {"eventId": event, "seatIds": [seats[index]]})["reservation"]
        # Some of Toss's cancels go wrong the first time.
        return api.pay(reservation, [None, None, None, "cancel-drop", "cancel-once-COMMON_ERROR"][index % 5])[0]

    began = time.monotonic()
    assert set(helpers.together(12, buy, range(BUYERS))) == {200}
    print(f"{BUYERS} purchases in {time.monotonic() - began:.0f} s")
    other = helpers.event(rows=1, seats_per_row=20)
    others = [seat["id"] for seat in helpers.seats(other)]

    def refunded():
        return helpers.number(
            "SELECT count(*) FROM payment_schema.payments p JOIN ticket_schema.reservations r ON r.id = p.reservation_id "
            f"WHERE r.event_id = '{event}' AND p.refunded_at IS NOT NULL")

    began = time.monotonic()
    answer = helpers.administrator().post(f"/api/admin/events/{event}/cancel", {})
    assert answer["event"]["status"] == "cancelled"
    asked = time.monotonic() - began
    slowest = 0
    for number, victims in enumerate([(), ("payment",), ("ticket",), ("payment", "ticket")]):
        if victims:
            helpers.eventually(lambda: refunded() >= BUYERS * number // 5, "refunds to go on", seconds=600)
            faults.restart(*victims, **SETTINGS)
        before = time.monotonic()
        api = helpers.buyer()
        reservation = api.post("/api/reservations", {"eventId": other, "seatIds": [others.pop()]})["reservation"]
        assert api.pay(reservation)[0] == 200
        status, _, _ = api.call("PUT", f"/api/reservations/{reservation['id']}/cancel")
        assert status == 200, "a buyer's own refund does not wait for the queue"
        slowest = max(slowest, time.monotonic() - before)
    helpers.eventually(lambda: faults.unfinished(event, other) == 0, "all refunds", seconds=120 + 3 * BUYERS // RATE)
    took = time.monotonic() - began
    peak = helpers.number(
        "SELECT max(count) FROM (SELECT count(*) FROM payment_schema.history h JOIN payment_schema.payments p ON p.id = h.payment_id JOIN "
        f"ticket_schema.reservations r ON r.id = p.reservation_id WHERE r.event_id = '{event}' AND h.step = 'refund-call' "
        "GROUP BY date_trunc('second', h.created_at)) AS seconds")
    print(
        f"{BUYERS} refunds in {took:.0f} s at {RATE} a second (most in one second: {peak} cancel calls); cancelling answered in "
        f"{asked:.2f} s; "
        f"purchase and refund of others beside it at most {slowest:.2f} s"
    )
    assert faults.differences(event, other) == []
    assert helpers.sql(
        f"SELECT DISTINCT status, payment_status, cancel_reason FROM ticket_schema.reservations WHERE event_id = '{event}'"
    ) == [["cancelled", "refunded", "event_cancelled"]]
    # Not faster than asked: a second's worth at once, and what is repeated after trouble.
    assert took > BUYERS / RATE / 2 and peak <= 3 * RATE
    assert slowest < 20
    processes.stop("payment")
    services.start("payment")
    services.wait_ready(["payment"])
