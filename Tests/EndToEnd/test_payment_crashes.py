"""kill -9 at every step boundary of a payment and of a refund: afterwards the ledger, the payments and the reservations agree."""

import contextlib

import helpers
import pytest
from devtools import processes, services

# The places in PaymentService where FaultPoint.reach stands, in the order in which a purchase passes them.
CONFIRM = ["begun", "confirming-none", "leased", "called", "answered", "recorded", "approved-none", "ticket-confirmed"]
DECLINE = ["recorded", "settling-decline"]
REFUND = ["refund-asked", "settling-refund", "refund-called", "refund-answered", "money-returned"]
LATE = ["settling-late_refund", "refund-called", "refund-answered", "money-returned"]


def restart(fault=None):
    processes.stop("payment")
    with pytest.MonkeyPatch.context() as patch:
        # How long the work of a dead process waits for another: short, or the tests would wait as long.
        patch.setenv("PAYMENT_DRIVER_SECONDS", "2")
        if fault:
            patch.setenv("TIKETI_FAULT", fault)
        services.start("payment")
    services.wait_ready(["payment"])


@contextlib.contextmanager
def dying_at(fault):
    """Payment dies at `fault` inside the block, and is started again after it."""
    restart(fault)
    try:
        yield
        helpers.eventually(lambda: processes.running_pid("payment") is None, f"payment to die at {fault}")
    finally:
        restart()


@pytest.fixture(scope="module", autouse=True)
def payment_as_it_was():
    yield
    processes.stop("payment")
    services.start("payment")
    services.wait_ready(["payment"])


def reserved():
    event = helpers.event(rows=1, seats_per_row=1)
    api = helpers.buyer()
    reservation = api.post("/api/reservations", {"eventId": event, "seatIds": [helpers.seats(event)[0]["id"]]})["reservation"]
    return event, api, reservation


def attempt(action):
    with contextlib.suppress(OSError):
        return action()


def settled(reservation):
    """Waits for the end and returns (payment status, reservation status, reservation payment status)."""
    where = f"FROM payment_schema.payments WHERE reservation_id = '{reservation['id']}'"
    helpers.eventually(lambda: helpers.sql(f"SELECT phase {where}") == [["done"]], "the payment to settle", seconds=60)
    return (
        helpers.sql(f"SELECT status {where}")[0][0],
        *helpers.sql(f"SELECT status, payment_status FROM ticket_schema.reservations WHERE id = '{reservation['id']}'")[0])


def charged(reservation):
    """Every line of the provider's ledger about this reservation."""
    order = helpers.sql(f"SELECT order_id FROM payment_schema.payments WHERE reservation_id = '{reservation['id']}'")[0][0]
    return [entry for entry in helpers.ledger() if entry["orderId"] == order]


@pytest.mark.parametrize("fault", CONFIRM)
def test_death_while_confirming(fault):
    event, api, reservation = reserved()
    with dying_at(fault):
        attempt(lambda: api.pay(reservation))
    assert settled(reservation) == ("confirmed", "confirmed", "completed")
    (line,) = charged(reservation)
    assert line["charges"] == 1 and line["status"] == "DONE"
    helpers.check_seats(event)


@pytest.mark.parametrize("fault", DECLINE)
def test_death_while_declining(fault):
    event, api, reservation = reserved()
    with dying_at(fault):
        attempt(lambda: api.pay(reservation, behaviour="REJECT_CARD_COMPANY"))
    assert settled(reservation) == ("failed", "cancelled", "failed")
    assert charged(reservation)[0]["charges"] == 0
    helpers.check_seats(event)


@pytest.mark.parametrize("fault", REFUND)
def test_death_while_refunding(fault):
    event, api, reservation = reserved()
    assert api.pay(reservation)[0] == 200
    with dying_at(fault):
        attempt(lambda: api.call("PUT", f"/api/reservations/{reservation['id']}/cancel"))

    def over():
        answer = attempt(lambda: api.get(f"/api/reservations/{reservation['id']}"))
        return answer is not None and answer["reservation"]["paymentStatus"] == "refunded"

    helpers.eventually(over, "the refund", seconds=60)
    assert settled(reservation) == ("cancelled", "cancelled", "refunded")
    (line,) = charged(reservation)
    assert (line["charges"], line["status"], line["refundedAmount"]) == (1, "CANCELED", reservation["totalAmount"])
    helpers.check_seats(event)


@pytest.mark.parametrize("fault", LATE)
def test_death_while_paying_back_what_came_too_late(fault):
    event, api, reservation = reserved()
    with dying_at(fault):
        # The event is cancelled while Toss thinks.
        def cancel(index):
            if index == 0:
                return attempt(lambda: api.pay(reservation, behaviour="late-1500"))
            helpers.eventually(
                lambda: helpers.sql(f"SELECT calls FROM payment_schema.payments WHERE reservation_id = '{reservation['id']}'") == [["1"]],
                "Toss to be called")
            return helpers.administrator().post(f"/api/admin/events/{event}/cancel", {})

        helpers.together(2, cancel)
    assert settled(reservation)[:2] == ("cancelled", "cancelled")
    (line,) = charged(reservation)
    assert (line["charges"], line["status"]) == (1, "CANCELED")
    helpers.check_seats(event)
