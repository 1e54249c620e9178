"""The crash matrix: harm at every step boundary of a payment, a refund and the cancellation of an event.

At each boundary the process there dies, or it halts while the other service, both, the database or the line to the payment provider come
to harm. Then everything is started again, and within 60 seconds the provider's ledger, the payments and the reservations must agree.

CI plays one harm of each kind beside every death of payment; `scripts/crash-test matrix` plays them all.
"""

import base64
import os
import pathlib
import re
import threading
import time

import faults
import helpers
import pytest
from devtools import processes, services, settings
from devtools.api import API

FULL = os.environ.get("TIKETI_CRASH_MATRIX") == "full"
# How long the payment provider cannot be reached.
OUTAGE = 30 if FULL else 3
# How long the work of a dead process waits for another: short, or the tests would wait as long.
DRIVER = {"PAYMENT_DRIVER_SECONDS": os.environ.get("PAYMENT_DRIVER_SECONDS", "2")}


class Story:
    """One event with one buyer; what happens to them is in the subclasses."""

    environment = {}
    seats = 1

    def prepare(self):
        self.event = helpers.event(rows=1, seats_per_row=self.seats)
        self.buyers = [self.buyer(seat["id"]) for seat in helpers.seats(self.event)]

    def buyer(self, seat):
        api = helpers.buyer()
        return api, api.post("/api/reservations", {"eventId": self.event, "seatIds": [seat]})["reservation"]

    def pay(self, behaviour=None):
        for api, reservation in self.buyers:
            faults.attempt(lambda: api.pay(reservation, behaviour))

    def states(self):
        rows = helpers.sql(
            "SELECT p.status, r.status, r.payment_status FROM payment_schema.payments p JOIN ticket_schema.reservations r "
            f"ON r.id = p.reservation_id WHERE r.event_id = '{self.event}'")
        return [tuple(row) for row in rows]


class Purchase(Story):
    end = ("confirmed", "confirmed", "completed")

    def act(self):
        self.pay()


class Decline(Story):
    end = ("failed", "cancelled", "failed")

    def act(self):
        self.pay("REJECT_CARD_COMPANY")


class DeclineAndTryAnother(Story):
    """The hold lives on after a declined card, and another card pays for it."""

    environment = {"PAYMENT_DECLINE_POLICY": "keep"}
    end = None

    def act(self):
        self.pay("REJECT_CARD_COMPANY")

    def finish(self):
        ((api, reservation),) = self.buyers
        helpers.eventually(lambda: faults.unfinished(self.event) == 0, "the declined payment to be closed", seconds=60)
        assert api.pay(reservation)[0] == 200
        assert sorted(self.states()) == [("confirmed", "confirmed", "completed"), ("failed", "confirmed", "completed")]


class WrongAmount(Story):
    """Toss took less than the price: taken back."""

    end = ("failed", "cancelled", "failed")

    def act(self):
        self.pay("short-100")


class Refund(Story):
    end = ("cancelled", "cancelled", "refunded")

    def prepare(self):
        super().prepare()
        for api, reservation in self.buyers:
            assert api.pay(reservation)[0] == 200

    def act(self):
        ((api, reservation),) = self.buyers
        faults.attempt(lambda: api.call("PUT", f"/api/reservations/{reservation['id']}/cancel"))


class EventCancellation(Refund):
    seats = 4

    def act(self):
        # Nobody asks a second time: what was begun is finished by itself.
        faults.attempt(lambda: helpers.administrator().call("POST", f"/api/admin/events/{self.event}/cancel", {}))


class LatePayment(Story):
    """The event is cancelled while Toss thinks: paid, and given back."""

    end = ("cancelled", "cancelled", "refunded")

    def act(self):
        ((api, reservation),) = self.buyers
        payer = threading.Thread(target=lambda: faults.attempt(lambda: api.pay(reservation, behaviour="late-1500")))
        payer.start()
        helpers.eventually(
            lambda: helpers.sql(f"SELECT calls FROM payment_schema.payments WHERE reservation_id = '{reservation['id']}'") == [["1"]],
            "Toss to be called")
        faults.attempt(lambda: helpers.administrator().call("POST", f"/api/admin/events/{self.event}/cancel", {}))
        payer.join()


class CancelledAtToss(Refund):
    """Somebody cancels at the provider's desk; the webhook is all that we hear."""

    def act(self):
        ((_, reservation),) = self.buyers
        order = helpers.sql(f"SELECT order_id FROM payment_schema.payments WHERE reservation_id = '{reservation['id']}'")[0][0]
        (entry,) = [entry for entry in helpers.ledger() if entry["orderId"] == order]
        key = "Basic " + base64.b64encode((settings.SECRETS["TOSS_SECRET_KEY"] + ":").encode()).decode()
        API(settings.url("toss-simulator")).expect(
            "POST", f"/v1/payments/{entry['paymentKey']}/cancel", {"cancelReason": "by hand"}, headers={"Authorization": key})


# Every FaultPoint.reach of PaymentService and TicketService, by the story that passes it.
BOUNDARIES = [
    (story, process, name)
    for story, process, names in [
        (Purchase, "payment", "begun confirming-none leased called answered recorded approved-none ticket-confirmed"),
        (Purchase, "ticket", "lease-committed sale-committed"),
        (Decline, "payment", "recorded settling-decline"),
        (Decline, "ticket", "failure-committed"),
        (DeclineAndTryAnother, "payment", "settling-decline"),
        (DeclineAndTryAnother, "ticket", "lease-ended"),
        (WrongAmount, "payment", "settling-void refund-called money-returned"),
        (Refund, "payment", "refund-asked settling-refund refund-called refund-answered money-returned"),
        (Refund, "ticket", "refund-noted refund-heard refund-committed"),
        (EventCancellation, "payment", "settling-refund refund-called refund-answered money-returned"),
        (EventCancellation, "ticket", "event-cancelled event-refunds-noted refunds-taken refund-noted refund-heard refund-committed"),
        (CancelledAtToss, "payment", "done-none settling-external"),
        (CancelledAtToss, "ticket", "refund-committed"),
        (LatePayment, "payment", "settling-late_refund refund-called refund-answered money-returned"),
        (LatePayment, "ticket", "refund-committed"),
    ]
    for name in names.split()
]
HARMS = ["death", "other", "both", "postgres", "toss"]
# In CI: every harm at least once, where it hurts most.
SELECTION = {
    (Purchase, "payment", "called"): HARMS,
    (Purchase, "payment", "answered"): ["death"],
    (Purchase, "payment", "ticket-confirmed"): ["death", "postgres"],
    (Purchase, "ticket", "sale-committed"): ["death"],
    (DeclineAndTryAnother, "ticket", "lease-ended"): ["death"],
    (Refund, "payment", "refund-called"): ["death", "toss"],
    (Refund, "payment", "money-returned"): ["other"],
    (EventCancellation, "ticket", "event-cancelled"): ["death"],
    (EventCancellation, "payment", "refund-answered"): ["both"],
    (LatePayment, "payment", "refund-called"): ["death"],
}


def cases():
    for boundary in BOUNDARIES:
        for harm in HARMS if FULL else SELECTION.get(boundary, []):
            story, process, name = boundary
            yield pytest.param(story, process, name, harm, id=f"{story.__name__}-{process}-{name}-{harm}")


def test_every_boundary_is_in_the_matrix():
    root = pathlib.Path(settings.ROOT) / "Sources"
    named = {
        name for folder in ("PaymentService", "TicketService") for file in (root / folder).rglob("*.swift")
        for name in re.findall(r'FaultPoint\.reach\("([a-z-]+)"\)', file.read_text())}
    listed = {name for _, _, name in BOUNDARIES}
    assert named and named <= listed
    # The others are a phase and a settlement, as every drive reaches them.
    domain = (root / "PaymentService/Domain/PaymentState.swift").read_text()
    settlements = re.search(r"enum Settlement.*?\n}", domain, re.S).group()
    raw = {name if value is None else value for name, value in ((m[1], m[3]) for m in re.finditer(r'case (\w+)( = "(\w+)")?', settlements))}
    assert listed - named == {"confirming-none", "approved-none", "done-none", *(f"settling-{name}" for name in raw)}


@pytest.fixture(scope="module", autouse=True)
def services_as_they_were():
    faults.line_to_toss()
    yield
    os.environ.pop("TIKETI_TOSS_URL")
    faults.restart("payment", "ticket")


def do_harm(harm, process, environment):
    """The process is halted at its boundary; afterwards everything is up again."""
    other = "ticket" if process == "payment" else "payment"
    if harm == "other":
        faults.restart(other, **environment)
        faults.resume(process)
    elif harm == "both":
        faults.restart(process, other, **environment)
    elif harm == "postgres":
        faults.crash_postgres()
        faults.resume(process)
    elif harm == "toss":
        faults.line_to_toss().cut()
        faults.resume(process)
        time.sleep(OUTAGE)
        faults.line_to_toss().mend()


@pytest.mark.parametrize("kind, process, boundary, harm", cases())
def test_harm_at_a_boundary(kind, process, boundary, harm):
    story = kind()
    environment = {**DRIVER, **story.environment}
    faults.restart("payment", **environment)
    # The harm before may have been to the database, which every service has to find again.
    services.wait_ready()
    faults.patiently(story.prepare)
    faults.restart(process, fault=boundary if harm == "death" else f"{boundary}:stop", **environment)
    actor = threading.Thread(target=story.act)
    actor.start()
    if harm == "death":
        helpers.eventually(lambda: processes.running_pid(process) is None, f"{process} to die at {boundary}", seconds=40)
        faults.restart(process, **environment)
    else:
        helpers.eventually(lambda: processes.is_halted(process), f"{process} to halt at {boundary}", seconds=40)
        do_harm(harm, process, environment)
    services.wait_ready(["ticket", "payment"])
    began = time.monotonic()
    actor.join()
    if hasattr(story, "finish"):
        story.finish()
    helpers.eventually(lambda: faults.unfinished(story.event) == 0, "payments and refunds to settle", seconds=60)
    print(f"settled {time.monotonic() - began:.1f} s after the restart")
    assert faults.differences(story.event) == []
    if story.end:
        assert set(story.states()) == {story.end}
