"""The whole purchase, step by step, with a second buyer watching over Socket.IO."""

import asyncio
import sys

import socketio

from . import settings
from .api import API


def say(step, text):
    print(f"{step:>2}. {text}", flush=True)


def open_event(api):
    """An event that is on sale without a waiting queue, and two free neighbouring seats."""
    for event in api.get("/api/events?status=on_sale&limit=100")["data"]:
        detail = api.get(f"/api/events/{event['id']}")["event"]
        if detail["queueEnabled"]:
            continue
        seats = api.get(f"/api/seats/{event['id']}")
        free = [seat for seat in seats["seats"] if seat["status"] == "available"]
        if len(free) >= 2:
            return detail, free[:2], seats["version"]
    sys.exit("no event on sale has two free seats; run `swift run tiketi seed`")


class Watcher:
    """Collects the seat events of one event."""

    def __init__(self, token):
        self.token = token
        self.client = socketio.AsyncClient(reconnection=False)
        self.events = asyncio.Queue()
        for name in ("seat-reserved", "seat-released"):
            self.client.on(name, self.collector(name))

    def collector(self, name):
        async def collect(payload, *_):
            await self.events.put((name, payload))
        return collect

    async def join(self, event_id):
        await self.client.connect(settings.url("gateway"), auth={"token": self.token}, wait_timeout=10)
        answer = await self.client.call("join-seat-selection", {"eventId": event_id}, timeout=10)
        if not answer.get("success"):
            sys.exit(f"join-seat-selection was refused: {answer}")
        return answer

    async def next(self, count):
        return [await asyncio.wait_for(self.events.get(), 10) for _ in range(count)]


async def main():
    buyer, other = API().register("Buyer"), API().register("Watcher")
    say(1, f"registered {buyer.user['email']} and {other.user['email']}")
    event, seats, version = open_event(buyer)
    ids = [seat["id"] for seat in seats]
    labels = ", ".join(seat["seatLabel"] for seat in seats)
    say(2, f"chose {event['title']}: {labels} (map version {version})")

    watcher = Watcher(other.token)
    joined = await watcher.join(event["id"])
    say(3, f"the watcher joined the seat map over {watcher.client.transport()} at version {joined.get('version')}")

    held = buyer.post("/api/seats/reserve", {"seatIds": ids})
    say(4, f"held both seats until {held['expiresAt']}")
    for name, payload in await watcher.next(2):
        assert name == "seat-reserved" and payload["seatId"] in ids and payload["userId"] is None, (name, payload)
    say(5, "the watcher saw both seats go, without learning who took them")

    status, _, refused = other.call("POST", "/api/seats/reserve", {"seatIds": ids})
    assert status == 409 and set(refused["unavailableSeats"]) == set(ids), refused
    say(6, "the watcher could not take them: 409 " + refused["code"])

    reservation = buyer.post("/api/reservations", {"eventId": event["id"], "seatIds": ids})["reservation"]
    say(7, f"reserved as {reservation['reservationNumber']}, {reservation['totalAmount']:,} won")
    status, paid = buyer.pay(reservation)
    assert status == 200 and paid["payment"]["status"] == "confirmed" and paid["reservation"]["status"] == "confirmed", paid
    say(8, f"paid by {paid['payment']['method']} at {paid['payment']['approvedAt']}")
    for name, payload in await watcher.next(2):
        assert name == "seat-reserved" and payload["status"] == "reserved", (name, payload)
    say(9, "the watcher saw both seats sold")

    mine = buyer.get("/api/reservations/my")["reservations"]
    assert [entry["status"] for entry in mine] == ["confirmed"], mine
    seats_now = {seat["id"]: seat["status"] for seat in buyer.get(f"/api/seats/{event['id']}")["seats"]}
    assert all(seats_now[seat] == "reserved" for seat in ids), seats_now
    say(10, "the reservation is confirmed and the seat map agrees")
    await watcher.client.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
