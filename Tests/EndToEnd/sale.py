"""A sale under load, for what happens in the middle of it: buyers who must all succeed, and watchers of the seat map who must miss nothing.

TIKETI_SALE_BUYERS=16 TIKETI_SALE_WATCHERS=20 make it a proof; the defaults are for every day.
"""

import asyncio
import contextlib
import os
import pathlib
import subprocess
import sys
import threading
import time
import uuid

import helpers
import socketio
from conftest import ROOT
from devtools import settings
from devtools.api import API

BUYERS = int(os.environ.get("TIKETI_SALE_BUYERS", "6"))
WATCHERS = int(os.environ.get("TIKETI_SALE_WATCHERS", "4"))


@contextlib.contextmanager
def copy_with(**environment):
    """Another copy in the place of the tests' own one, which comes back afterwards."""
    environment = {"TIKETI_INSTANCES": "2", "TIKETI_SKIP_BUILD": "1", "WORKERS": "1", **environment}
    environment["TIKETI_DATA"] = f"/var/tmp/tiketi-sale-{uuid.uuid4().hex[:12]}"
    before, data = dict(os.environ), settings.DATA
    subprocess.run([ROOT / "scripts/dev", "stop"], check=True, cwd=ROOT)
    os.environ.update(environment)
    settings.DATA = pathlib.Path(environment["TIKETI_DATA"])
    try:
        subprocess.run([ROOT / "scripts/dev", "--detach"], check=True, cwd=ROOT)
        yield
        subprocess.run([ROOT / "scripts/dev", "clean"], check=True, cwd=ROOT)
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.DATA = data
        subprocess.run([ROOT / "scripts/dev", "--detach"], check=True, cwd=ROOT)


def restart_everything():
    """All services at the same time, of each one instance after the other, as a rollout does."""
    def roll(number):
        for name in settings.instances(settings.SERVICES[number]):
            subprocess.run([ROOT / "scripts/dev", "restart", name], check=True, cwd=ROOT, stdout=sys.stderr)

    helpers.together(len(settings.SERVICES), roll)


class Balanced(API):
    """What the load balancer does in front of two gateways: another one when nobody accepts the connection, or when the gateway says that
    it did not
    look at the request."""

    turn = 0

    def call(self, method, path, body=None, headers=None, timeout=40):
        bases = [settings.url(name) for name in settings.instances("gateway")]
        Balanced.turn += 1
        for attempt in range(20):
            self.base = bases[(Balanced.turn + attempt) % len(bases)]
            try:
                answer = super().call(method, path, body, headers, timeout)
            except ConnectionRefusedError:
                time.sleep(0.02 * attempt)
                continue
            if answer[0] != 408:
                return answer
        raise OSError(f"{method} {path}: no gateway accepts connections")


class Watcher:
    """Follows one event's map as the web app does: a version gap or a reconnection is repaired by loading the map again."""

    def __init__(self, event, number):
        self.event, self.number = event, number
        self.version = 0
        self.map = {}
        self.partial, self.counts = {}, {}
        self.repairs = self.connections = self.messages = 0
        self.stopping = asyncio.Event()
        self.token = helpers.buyer().token
        self.api = Balanced(token=self.token)

    async def run(self):
        """Connects, joins, and starts over whenever the connection ends."""
        attempt = 0
        while not self.stopping.is_set():
            urls = [settings.url(name) for name in settings.instances("gateway")]
            client = socketio.AsyncClient(reconnection=False)
            gone = asyncio.Event()
            client.on("disconnect", lambda *_: gone.set())
            for name in ("seat-reserved", "seat-released"):
                client.on(name, self.handler(name))
            try:
                url = urls[(self.number + attempt) % len(urls)]
                await client.connect(url, auth={"token": self.token}, transports=["websocket"], wait_timeout=5)
                joined = await client.call("join-seat-selection", self.event, timeout=5)
                if joined.get("success"):
                    self.connections += 1
                    await self.load()
                    ends = [asyncio.create_task(gone.wait()), asyncio.create_task(self.stopping.wait())]
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                    for task in ends:
                        task.cancel()
            except (socketio.exceptions.SocketIOError, asyncio.TimeoutError, OSError, ValueError, TypeError):
                # The hub is on its way out, or not up yet. (TypeError: engineio takes a close frame for a packet.)
                await asyncio.sleep(0.1)
            try:
                await asyncio.wait_for(client.disconnect(), 2)
            except asyncio.TimeoutError:
                pass
            attempt += 1

    async def load(self):
        status, _, answer = await asyncio.to_thread(self.api.call, "GET", f"/api/seats/{self.event}")
        if status == 200 and answer["version"] >= self.version:
            self.version = answer["version"]
            self.map = {seat["id"]: seat["status"] for seat in answer["seats"]}
            self.repairs += 1

    def handler(self, name):
        async def handle(payload, *_):
            version = payload["version"]
            if version <= self.version:
                return
            self.messages += 1
            self.partial.setdefault(version, {})[payload["seatId"]] = "available" if name == "seat-released" else payload["status"]
            self.counts[version] = payload["count"]
            while self.version + 1 in self.partial and len(self.partial[self.version + 1]) == self.counts[self.version + 1]:
                self.map.update(self.partial.pop(self.version + 1))
                self.version += 1
            if version > self.version + 1:
                # A gap: something was missed, or comes in another order. Those who show seats load again.
                await self.load()
                self.partial = {number: seats for number, seats in self.partial.items() if number > self.version}
        return handle


class Sale:
    """One event, its buyers and its watchers, in threads of their own."""

    def __init__(self):
        self.event = helpers.event(rows=40, seats_per_row=50)
        self.seats = [seat["id"] for seat in helpers.seats(self.event)]
        self.bought, self.failures, self.watchers = [], [], []
        self.over, self.stopped = threading.Event(), threading.Event()

    def purchases(self, count, seconds=60):
        """Waits until that many more seats are bought."""
        goal = min(len(self.bought) + count, len(self.seats))
        helpers.eventually(lambda: len(self.bought) >= goal or self.failures, f"{count} purchases", seconds)

    def run(self, action):
        """Runs `action(sale)` while the sale goes on, and checks that it went well for everybody."""
        watching = threading.Thread(target=lambda: asyncio.run(self.watch()), daemon=True)
        watching.start()
        buyers = [threading.Thread(target=self.buy, args=(number,), daemon=True) for number in range(BUYERS)]
        for thread in buyers:
            thread.start()
        try:
            self.purchases(BUYERS)
            action(self)
            self.purchases(BUYERS)
        finally:
            self.over.set()
            for thread in buyers:
                thread.join()
            self.stopped.set()
            watching.join(90)
        truth = {seat["id"]: seat["status"] for seat in helpers.seats(self.event)}
        print(f"{len(self.bought)} bought, {len(self.failures)} failed; version {self.version()}; watchers (connections, messages, loads): "
              f"{[(watcher.connections, watcher.messages, watcher.repairs) for watcher in self.watchers]}")
        assert not self.failures, self.failures[:3]
        helpers.check_seats(self.event)
        assert len(self.watchers) == WATCHERS
        for watcher in self.watchers:
            assert watcher.version == self.version(), (watcher.version, self.version())
            assert watcher.map == truth
            assert watcher.messages > 0

    def version(self):
        return helpers.number(f"SELECT version FROM ticket_schema.event_counters WHERE event_id = '{self.event}'")

    def buy(self, number):
        for seat in self.seats[number::BUYERS]:
            if self.over.is_set():
                return
            steps = []
            try:
                status = self.buy_one(seat, steps)
            except Exception as error:  # noqa: BLE001: whatever it is, the buyer has no ticket
                status = None
                steps.append(repr(error))
            if status == 200:
                self.bought.append(seat)
            else:
                self.failures.append(steps)

    def buy_one(self, seat, steps):
        api = Balanced(token=helpers.buyer().token)
        status, _, answer = api.call("POST", "/api/seats/reserve", {"seatIds": [seat]})
        steps.append(("reserve", status, answer))
        if status == 200:
            status, _, answer = api.call("POST", "/api/reservations", {"eventId": self.event, "seatIds": [seat]})
            steps.append(("reservation", status, answer))
        if status == 201:
            status, answer = api.pay(answer["reservation"])
            steps.append(("pay", status, answer))
        if status == 202:
            # Not a failure: the buyer is told to wait, and the reconciler finishes.
            payment = answer["payment"]["id"]
            helpers.eventually(
                lambda: helpers.sql(f"SELECT phase FROM payment_schema.payments WHERE id = '{payment}'")[0][0] == "done", "the payment", 90
            )
            status = 200 if helpers.sql(f"SELECT status FROM payment_schema.payments WHERE id = '{payment}'")[0][0] == "confirmed" else 402
        return status

    async def watch(self):
        self.watchers = [Watcher(self.event, number) for number in range(WATCHERS)]
        tasks = [asyncio.create_task(watcher.run()) for watcher in self.watchers]
        await asyncio.to_thread(self.stopped.wait)
        final = self.version()
        deadline = time.monotonic() + 20
        while any(watcher.version < final for watcher in self.watchers) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        for watcher in self.watchers:
            watcher.stopping.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
