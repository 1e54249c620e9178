"""Brings model, workers, chaos and pauses together; `run` is the whole experiment."""

import asyncio
import collections
import json
import random
import time
import urllib.request

from devtools import settings
from feed import RoomFeed

from . import books
from .actors import Worker
from .model import Violation
from .organiser import Organiser


class Gate:
    """Steps run inside it; a pause waits for those under way and lets no other begin."""

    def __init__(self):
        self.active = 0
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.idle = asyncio.Condition()

    async def __aenter__(self):
        await self.is_open.wait()
        self.active += 1

    async def __aexit__(self, *_):
        self.active -= 1
        if self.active == 0:
            async with self.idle:
                self.idle.notify_all()

    async def pause(self):
        self.is_open.clear()
        async with self.idle:
            await self.idle.wait_for(lambda: self.active == 0)


class World:
    def __init__(self, pair, operations, seed, hold_seconds, lease_seconds, workers=64, events=4, seats=40, rows=4, pause_every=15.0):
        self.pair, self.operations, self.seed = pair, operations, seed
        self.hold_seconds, self.lease_seconds = hold_seconds, lease_seconds
        self.workers, self.event_count, self.seats, self.rows, self.pause_every = workers, events, seats, rows, pause_every
        self.random = random.Random(seed)
        self.events, self.past, self.violations = [], [], []
        self.requests = self.lost = self.kills = self.flushes = self.pauses = 0
        self.answers = {}
        self.is_over = False
        self.last_chaos = 0.0
        self.told = self.repaired = 0

    def count(self, method, path):
        self.requests += 1
        if self.requests >= self.operations:
            self.is_over = True

    def tally(self, method, path, answer, seconds):
        parts = [part for part in path.split("?")[0].split("/") if "-" not in part or len(part) < 36]
        self.answers.setdefault(f"{method} {'/'.join(parts)} {answer.code or answer.status}", []).append(seconds)

    def is_calm_since(self, moment):
        return self.last_chaos < moment

    # Chaos

    async def kill_sometimes(self):
        while not self.is_over:
            await asyncio.sleep(self.random.uniform(1.0, 5.0))
            async with self.gate:
                process = self.random.choice(self.pair.processes)
                self.last_chaos = time.time()
                process.kill()
                self.kills += 1
                await asyncio.sleep(self.random.uniform(0.0, 0.7))
                process.start()
            # The other one must be left alive, or nobody serves.
            for _ in range(200):
                if await asyncio.to_thread(process.is_ready):
                    break
                await asyncio.sleep(0.05)

    async def flush_sometimes(self):
        while not self.is_over:
            await asyncio.sleep(self.random.uniform(1.0, 6.0))
            async with self.gate:
                self.last_chaos = time.time()
                await self.flush()
                self.flushes += 1

    async def flush(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.port("redis"))
        writer.write(b"FLUSHALL\r\n")
        await reader.readline()
        writer.close()

    # Pauses

    async def pause_sometimes(self):
        while not self.is_over:
            began = time.monotonic()
            while not self.is_over and time.monotonic() - began < self.pause_every:
                await asyncio.sleep(0.05)
            await self.pause()

    async def pause(self):
        async with self.pausing:
            await self.check_books()

    async def check_books(self):
        await self.gate.pause()
        try:
            for process in self.pair.processes:
                await asyncio.to_thread(process.wait_ready)
            await asyncio.to_thread(books.settle_down)
            found = await asyncio.to_thread(books.breaches, self.events + self.past)
            found += await asyncio.to_thread(books.compare, self)
            if self.last_chaos:
                # A map cached before a kill or a flush may be up to 30 seconds old; what is made from now on must be right.
                self.last_chaos = time.time()
                await self.flush()
            found += await asyncio.to_thread(books.compare_maps, self, fetch)
        except Violation as violation:
            found = [str(violation)]
        self.pauses += 1
        if found:
            self.violations += found
            self.is_over = True
        self.gate.is_open.set()

    async def check_feeds(self, feeds):
        """Without chaos every change is told, once for each of its seats: a follower of the map misses nothing."""
        async with self.pausing:
            await self.gate.pause()
            await self.compare_feeds(feeds)
            self.gate.is_open.set()
        self.told = sum(len(feed.messages) for feed in feeds.values())
        for feed in feeds.values():
            await feed.close()

    async def compare_feeds(self, feeds):
        deadline = time.monotonic() + 10
        while not self.violations:
            found = []
            versions = await asyncio.to_thread(books.versions, list(feeds))
            for event, feed in feeds.items():
                told, counts = collections.Counter(), {}
                for _, _, body in feed.messages:
                    told[body["version"]] += 1
                    counts[body["version"]] = body["count"]
                # A deleted event has no version any more.
                missing = [version for version in range(2, versions.get(event, 1) + 1) if told[version] != counts.get(version, -1)]
                if missing:
                    found.append(f"versions {missing[:5]} of {event} were not told in full")
            if not found:
                break
            if time.monotonic() > deadline:
                self.violations += found
                self.is_over = True
            await asyncio.sleep(0.05)

    async def run(self, calm_share):
        self.gate, self.pausing = Gate(), asyncio.Lock()
        maker = Organiser(self, "maker")
        self.events = [await maker.make() for _ in range(self.event_count)]
        feeds = {event.id: await RoomFeed(f"seats:{event.id}").open() for event in self.events}
        tasks = [asyncio.ensure_future(Worker(self, number).run()) for number in range(self.workers)]
        tasks += [asyncio.ensure_future(Organiser(self, f"organiser {number}").run()) for number in range(2)]
        tasks.append(asyncio.ensure_future(self.pause_sometimes()))
        while not self.is_over and self.requests < self.operations * calm_share:
            await asyncio.sleep(0.05)
        await self.check_feeds(feeds)
        tasks += [asyncio.ensure_future(self.kill_sometimes()), asyncio.ensure_future(self.flush_sometimes())]
        await asyncio.gather(*tasks)
        if not self.violations:
            await self.pause()
        deadline = time.monotonic() + 60
        while not self.violations and await asyncio.to_thread(books.leftovers, self.past):
            if time.monotonic() > deadline:
                self.violations.append("a cancelled event still has reservations")
            await asyncio.sleep(0.2)
        if not self.violations:
            self.violations += books.breaches(self.events + self.past)


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return json.load(answer)
