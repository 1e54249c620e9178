"""kill -9 of any one service in the middle of purchases: after its restart buying goes on, and no seat is lost or sold twice."""

import subprocess
import threading

import helpers
import pytest
from conftest import ROOT


def restart(service):
    subprocess.run([ROOT / "scripts/dev", "kill", service], check=True, cwd=ROOT)
    subprocess.run([ROOT / "scripts/dev", "start", service], check=True, cwd=ROOT)


def try_to_buy(event, seat):
    """One attempt whose every step may fail; whatever fails must leave nothing half done."""
    api = helpers.buyer()
    try:
        status, _, answer = api.call("POST", "/api/reservations", {"eventId": event, "seatIds": [seat]}, timeout=10)
        if status == 201:
            return api.pay(answer["reservation"])[0]
        return status
    except Exception:  # noqa: BLE001: the service died under the request, which is the point of the test
        return None


@pytest.mark.parametrize("service", ["gateway", "auth", "ticket", "payment", "stats", "realtime"])
def test_a_killed_service_loses_nothing(service):
    event = helpers.event(rows=10, seats_per_row=20)
    ids = [seat["id"] for seat in helpers.seats(event)]
    started = threading.Semaphore(0)

    def worker(index):
        results = []
        for seat in ids[index::8]:
            results.append(try_to_buy(event, seat))
            started.release()
        return results

    outcome = []
    buyers = threading.Thread(target=lambda: outcome.extend(helpers.together(8, worker)))
    buyers.start()
    for _ in range(20):
        started.acquire()
    restart(service)
    buyers.join()

    def unsettled():
        return helpers.number(
            "SELECT count(*) FROM payment_schema.payments p JOIN ticket_schema.reservations r ON r.id = p.reservation_id "
            f"WHERE r.event_id = '{event}' AND p.phase NOT IN ('created', 'done')")

    helpers.eventually(lambda: unsettled() == 0, "payments to settle", seconds=150)
    helpers.check_seats(event)

    # The next purchase, of a seat that nobody has, succeeds.
    free = [seat["id"] for seat in helpers.seats(event) if seat["status"] == "available"]
    if not free:
        event = helpers.event(rows=1, seats_per_row=1)
        free = [seat["id"] for seat in helpers.seats(event)]
    assert try_to_buy(event, free[0]) == 200
    helpers.check_seats(event)
