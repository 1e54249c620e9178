"""The stock python-socketio client through the gateway, over every way of connecting."""

import asyncio
import os
import subprocess
import sys

import helpers
import hubs
import pytest
import socketio
from conftest import ROOT
from devtools import settings

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]


class Client:
    """A connected client that queues what it is sent."""

    def __init__(self):
        self.io = socketio.AsyncClient(reconnection=False)
        self.received = asyncio.Queue()
        self.refusal = asyncio.get_running_loop().create_future()
        for name in ("seat-reserved", "seat-released", "reservation-expired", "event-status-changed", "queue-admitted"):
            self.io.on(name, self.collector(name))
        self.io.on("connect_error", self.refused)

    def collector(self, name):
        async def collect(payload, *_):
            await self.received.put((name, payload))
        return collect

    async def refused(self, reason):
        if not self.refusal.done():
            self.refusal.set_result(reason)

    async def connect(self, token, transports):
        auth = {"token": token} if token else None
        await self.io.connect(settings.url("gateway"), auth=auth, transports=transports, wait_timeout=30)
        return self

    async def next(self, count=1):
        return [await asyncio.wait_for(self.received.get(), 30) for _ in range(count)]


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 120))


async def call(api, *arguments):
    return await asyncio.to_thread(api.call, *arguments)


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
def test_seat_events_reach_the_map(transports):
    async def scenario():
        event = helpers.event(rows=1, seats_per_row=6)
        ids = [seat["id"] for seat in helpers.seats(event)]
        buyer = helpers.buyer()
        watcher = await Client().connect(helpers.buyer().token, transports)
        own = await Client().connect(buyer.token, transports)
        joined = await watcher.io.call("join-seat-selection", event, timeout=30)
        assert joined["success"] and joined["version"] >= 1, joined
        assert (await own.io.call("join-seat-selection", {"eventId": event}, timeout=30))["success"]

        assert (await call(buyer, "POST", "/api/seats/reserve", {"seatIds": ids[:3]}))[0] == 200
        seen, mine = await watcher.next(3), await own.next(3)
        assert {payload["seatId"] for _, payload in seen} == set(ids[:3])
        for name, payload in seen:
            assert name == "seat-reserved" and payload["userId"] is None and payload["eventId"] == event, payload
            assert payload["version"] == joined["version"] + 1 and payload["count"] == 3 and payload["status"] == "locked", payload
        assert all(payload["userId"] == buyer.user["id"] for _, payload in mine), mine

        assert (await call(buyer, "POST", "/api/seats/release", {"seatIds": ids[:1]}))[2]["released"] == ids[:1]
        [(name, payload)] = await watcher.next()
        assert name == "seat-released" and payload["seatId"] == ids[0], payload
        assert payload["version"] == joined["version"] + 2 and payload["count"] == 1, payload

        # Who has left the map hears nothing more: the next message is of the other watcher's room only.
        assert (await watcher.io.call("leave-seat-selection", event, timeout=30))["success"]
        assert (await call(buyer, "POST", "/api/seats/release", {"seatIds": ids[1:2]}))[0] == 200
        while (await own.next())[0][0] != "seat-released":
            pass
        assert watcher.received.empty()
        await watcher.io.disconnect()
        await own.io.disconnect()
    run(scenario())


@pytest.mark.parametrize("transports", TRANSPORTS[:2], ids="-".join)
@pytest.mark.parametrize("token, message", [(None, "Authentication error"), ("no.real.token", "Invalid token")])
def test_a_socket_without_a_good_token_is_refused(token, message, transports):
    async def scenario():
        client = Client()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(token, transports)
        reason = await asyncio.wait_for(client.refusal, 30)
        assert reason == message or reason.get("message") == message, reason
        await client.io.disconnect()
    run(scenario())


def test_refused_joins_say_why():
    async def scenario():
        client = await Client().connect(helpers.buyer().token, ["websocket"])
        for event, argument in (
            ("join-event", "00000000-0000-4000-8000-000000000000"), ("join-event", "nonsense"), ("join-seat-selection", {"eventId": 7}),
            ("join-queue", "00000000-0000-4000-8000-000000000000"),
        ):
            answer = await client.io.call(event, argument, timeout=30)
            assert answer["success"] is False and answer["code"] and answer["error"], (event, argument, answer)
        await client.io.disconnect()
    run(scenario())


def test_whoever_is_let_in_is_told_once():
    """Whether the socket is still in its queue's room or has left it: the user's own room has the message too, and nobody gets it twice."""
    async def scenario():
        event = helpers.event(queueEnabled=True)
        inside = [helpers.buyer() for _ in range(int(os.environ["QUEUE_ACTIVE_LIMIT"]))]
        for buyer in inside:
            assert buyer.post("/api/queue", {"eventId": event})["status"] == "admitted"
        staying, leaving = helpers.buyer(), helpers.buyer()
        clients = []
        for buyer in (staying, leaving):
            place = buyer.post("/api/queue", {"eventId": event})
            assert place["status"] == "waiting"
            client = await Client().connect(buyer.token, ["websocket"])
            assert (await client.io.call("join-queue", place["queueId"], timeout=30))["success"]
            if buyer is leaving:
                assert (await client.io.call("leave-queue", place["queueId"], timeout=30))["success"]
            clients.append((client, place["queueId"]))
        for buyer in inside:
            place = buyer.post("/api/queue", {"eventId": event})["queueId"]
            assert (await call(buyer, "DELETE", f"/api/queue/{place}"))[0] == 200
        for client, queue in clients:
            [(name, payload)] = await client.next()
            assert name == "queue-admitted" and payload["queueId"] == queue and payload["eventId"] == event, payload
            # What came with it would be here before the answer to this.
            assert (await client.io.call("join-event", event, timeout=30))["success"]
            assert client.received.empty()
            await client.io.disconnect()
    run(scenario())


def test_an_expiring_reservation_tells_its_buyer_and_the_map():
    async def scenario():
        event = helpers.event(rows=1, seats_per_row=2)
        ids = [seat["id"] for seat in helpers.seats(event)]
        buyer = helpers.buyer()
        client = await Client().connect(buyer.token, ["websocket"])
        watcher = await Client().connect(helpers.buyer().token, ["websocket"])
        assert (await watcher.io.call("join-seat-selection", event, timeout=30))["success"]
        answer = await call(buyer, "POST", "/api/reservations", {"eventId": event, "seatIds": ids})
        assert answer[0] == 201
        await watcher.next(2)
        helpers.expire(event)
        released = await asyncio.wait_for(watcher.received.get(), 70), await asyncio.wait_for(watcher.received.get(), 70)
        assert {payload["seatId"] for name, payload in released if name == "seat-released"} == set(ids)
        name = None
        while name != "reservation-expired":  # after the buyer's own seat events
            [(name, payload)] = await client.next()
        assert payload["reservationId"] == answer[2]["reservation"]["id"], payload
        await client.io.disconnect()
        await watcher.io.disconnect()
    asyncio.run(asyncio.wait_for(scenario(), 150))


def test_the_stock_client_passes_through_the_gateway():
    event = helpers.event(rows=1, seats_per_row=1)
    script = ROOT / "Tests" / "python" / "socketio_client.py"
    token = helpers.buyer().token
    # Hubs that echo, for what the product's own events do not use: binary, acknowledgements both ways, namespaces. One directly, and two
    # behind
    # two gateways.
    pair = [hubs.Process("realtime", hubs.port(index), REALTIME_CONFORMANCE="1", SOCKET_IO_PING_INTERVAL_MS="300") for index in (30, 31)]
    gateways = [hubs.Process("gateway", hubs.port(index), REALTIME_SERVICE_URL=",".join(hub.url for hub in pair)) for index in (32, 33)]
    with hubs.running(*pair, *gateways):
        arguments = ["--event", event, "--redis", settings.url("redis")]
        for process in (pair[0], *gateways):
            arguments += ["--echo", process.url]
        subprocess.run([sys.executable, script, settings.url("gateway"), token, *arguments], check=True, timeout=240)
