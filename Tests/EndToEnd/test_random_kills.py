"""Random kills under load: buyers with every kind of luck pay and cancel while payment, ticket, both or the database die at any moment.

CI plays a few kills; `scripts/crash-test kills` plays 500. TIKETI_KILLS sets another number, TIKETI_SEED repeats a choice.
"""

import collections
import os
import random
import threading
import time

import faults
import helpers
from devtools import services

KILLS = int(os.environ.get("TIKETI_KILLS", "8"))
BUYERS = 8
SEED = int(os.environ.get("TIKETI_SEED", str(random.randrange(1 << 30))))
LUCK = [
    None, None, None, None, "drop", "lost", "slow-300", "late-300", "garbage", "once-PROVIDER_ERROR", "charged-UNKNOWN_PAYMENT_ERROR",
    "once-IDEMPOTENT_REQUEST_PROCESSING", "REJECT_CARD_COMPANY", "short-100", "webhook-twice", "cancel-drop", "cancel-once-COMMON_ERROR",
    "cancel-lost", "cancel-slow-300",
]


class Crowd:
    """Buyers who buy one seat after another until they are told to stop."""

    def __init__(self):
        self.stopped = threading.Event()
        self.answers = collections.Counter()
        self.seats = []
        self.events = []
        self.lock = threading.Lock()

    def seat(self):
        with self.lock:
            if not self.seats:
                event = helpers.event(rows=20, seats_per_row=20)
                self.events.append(event)
                self.seats = [(event, seat["id"]) for seat in helpers.seats(event)]
            return self.seats.pop()

    def count(self, what):
        with self.lock:
            self.answers[what] += 1

    def run(self, number):
        chance = random.Random(f"{SEED} {number}")
        while not self.stopped.is_set():
            try:
                self.buy(chance)
            except Exception as error:  # noqa: BLE001: a service died under the request, which is the point
                self.count(type(error).__name__)
                time.sleep(0.05)

    def buy(self, chance):
        event, seat = self.seat()
        api = helpers.buyer()
        status, _, answer = api.call("POST", "/api/reservations", {"eventId": event, "seatIds": [seat]}, timeout=10)
        self.count(f"reserve {status}")
        if status != 201:
            return
        status, _ = api.pay(answer["reservation"], chance.choice(LUCK))
        self.count(f"confirm {status}")
        if chance.random() < 0.3:
            status, _, _ = api.call("PUT", f"/api/reservations/{answer['reservation']['id']}/cancel", timeout=10)
            self.count(f"cancel {status}")


def harm(chance, deaths):
    victims = chance.choices([("payment",), ("ticket",), ("payment", "ticket"), ("postgres",)], [55, 25, 12, 8])[0]
    deaths["+".join(victims)] += 1
    if victims == ("postgres",):
        faults.crash_postgres()
    else:
        faults.restart(*victims, PAYMENT_DRIVER_SECONDS="2")
    services.wait_ready(["ticket", "payment"])


def test_books_agree_after_random_kills():
    chance = random.Random(SEED)
    crowd = Crowd()
    faults.restart("payment", "ticket", PAYMENT_DRIVER_SECONDS="2")
    crowd.seat()
    workers = [threading.Thread(target=crowd.run, args=(number,)) for number in range(BUYERS)]
    for worker in workers:
        worker.start()
    deaths = collections.Counter()
    began = time.monotonic()
    try:
        for number in range(KILLS):
            time.sleep(chance.random() * 0.8)
            harm(chance, deaths)
            # Now and then an organiser gives up an event that people are buying for.
            if number % 40 == 20 and crowd.events:
                faults.attempt(lambda: helpers.administrator().call("POST", f"/api/admin/events/{crowd.events[-1]}/cancel", {}, timeout=10))
                with crowd.lock:
                    crowd.seats = []
    finally:
        crowd.stopped.set()
        for worker in workers:
            worker.join()
    took = time.monotonic() - began
    calm = time.monotonic()
    helpers.eventually(lambda: faults.differences(*crowd.events) == [], "the books to agree", seconds=60)
    settled = time.monotonic() - calm
    # A payment of which nothing was taken may be in doubt for 90 s after its last call.
    helpers.eventually(lambda: faults.unfinished(*crowd.events) == 0, "payments and refunds to settle", seconds=180)
    ledger = [entry for entry in helpers.ledger() if entry["charges"]]
    print(
        f"\nseed {SEED}: {sum(deaths.values())} kills {dict(deaths)} in {took:.0f} s; {len(ledger)} charges, "
        f"{sum(entry['status'] == 'CANCELED' for entry in ledger)} given back, {len(crowd.events)} events; books agree {settled:.1f} s "
        "after the last, "
        f"all over after {time.monotonic() - calm:.1f} s; "
        f"answers {dict(sorted(crowd.answers.items()))}"
    )
    assert crowd.answers["confirm 200"] > 0
    assert faults.differences(*crowd.events) == []
    services.wait_ready()
