"""What a sale leaves in the logs: a line for everything that an operator is asked about later, with ids and nothing about the person."""

import json
import uuid

import helpers
from devtools import processes, settings
from devtools.api import API


def lines(service):
    """The JSON lines of every instance of a service so far."""
    found = []
    for name in settings.instances(service):
        for line in (processes.LOGS / f"{name}.log").read_text(errors="replace").splitlines():
            if line.startswith("{"):
                found.append(json.loads(line))
    return found


def logged(service, message, **ids):
    """Waits for a line with this message and these ids, and returns it."""
    def found():
        return [
            line for line in lines(service) if line["message"] == message and all(line.get(name) == value for name, value in ids.items())
        ]

    helpers.eventually(lambda: found(), f"{service}: {message} {ids}")
    (line,) = found()
    return line


def test_every_step_of_a_sale_is_a_line_with_ids():
    name, password = f"누구 {uuid.uuid4().hex[:6]}", "correct horse battery"
    event = helpers.event(queueEnabled=True)
    buyer = API().register(name="Buyer", password=password)
    buyer.put("/api/auth/profile", {"name": name, "phone": "010-1234-5678"})
    user, email = buyer.user["id"], buyer.user["email"]
    buyer.login(email, password)
    place = buyer.post("/api/queue", {"eventId": event})["queueId"]
    seat = helpers.seats(event)[0]["id"]
    buyer.post("/api/seats/reserve", {"seatIds": [seat]})
    reservation = buyer.post("/api/reservations", {"eventId": event, "seatIds": [seat]})["reservation"]
    assert buyer.pay(reservation)[0] == 200
    buyer.put(f"/api/reservations/{reservation['id']}/cancel")
    helpers.administrator().put(f"/api/admin/events/{event}", {"title": "Another name"})

    written = [
        logged("auth", "registration", userId=user), logged("auth", "login", userId=user, outcome="succeeded"),
        logged("ticket", "admission", userId=user, eventId=event, queueId=place), logged("ticket", "hold", userId=user, eventId=event),
        logged("ticket", "reservation", reservationId=reservation["id"], userId=user, eventId=event),
        logged("payment", "payment confirmed", reservationId=reservation["id"], userId=user),
        logged("payment", "payment refunded", reservationId=reservation["id"], userId=user),
        logged("ticket", "reservation cancelled", reservationId=reservation["id"], userId=user),
        logged("gateway", "admin action", entityId=event, action="event.update"),
    ]
    assert {line["level"] for line in written} == {"info"}
    assert all(line["requestId"] for line in written if line["message"] in ("registration", "login", "hold", "reservation", "admin action"))
    for service in ("gateway", "auth", "ticket", "payment", "stats", "realtime"):
        for line in lines(service):
            text = json.dumps(line, ensure_ascii=False)
            assert not any(secret in text for secret in (email, name, password, "010-1234-5678", buyer.token)), text
