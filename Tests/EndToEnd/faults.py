"""Harm done on purpose: processes that die or halt at a step boundary, a database that crashes, a payment provider that cannot be reached.
"""

import asyncio
import contextlib
import os
import signal
import threading
import time

import helpers
from devtools import processes, services, settings, stores
from devtools.api import APIFailure


def kill(*names):
    """kill -9, all at once."""
    pids = {name: processes.running_pid(name) for name in names}
    for pid in pids.values():
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    for name, pid in pids.items():
        if pid is not None:
            processes.wait_for_end(name, pid, 10)


def start(name, fault=None, **environment):
    """Starts a service that was killed. `fault` names the boundary where it dies, or halts with `:stop` (see FaultPoint)."""
    wanted = {**environment, **({"TIKETI_FAULT": fault} if fault else {})}
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        services.start(name)
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def restart(*names, fault=None, **environment):
    kill(*names)
    for name in names:
        start(name, fault, **environment)
    services.wait_ready(names)


def crash_postgres():
    """The server dies with all its sessions and recovers from its log."""
    processes.stop("postgres", with_signal=signal.SIGQUIT)
    stores.start_postgres()


def resume(name):
    pid = processes.running_pid(name)
    if pid is not None:
        os.kill(pid, signal.SIGCONT)


class Line:
    """A TCP line to a server that can be cut: then open connections break and new ones are refused."""

    def __init__(self, target):
        self.target = target
        self.loop = asyncio.new_event_loop()
        self.open = set()
        self.server = None
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.port = 0
        self.mend()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def mend(self):
        async def listen():
            self.server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]
        self._run(listen())

    def cut(self):
        async def close():
            self.server.close()
            for writer in list(self.open):
                writer.transport.abort()
        self._run(close())

    async def _carry(self, reader, writer):
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.open |= {writer, target_writer}

        async def pump(source, sink):
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            with contextlib.suppress(OSError):
                sink.close()
        await asyncio.gather(pump(reader, target_writer), pump(target_reader, writer))
        self.open -= {writer, target_writer}

    @contextlib.contextmanager
    def away(self, seconds):
        self.cut()
        try:
            time.sleep(seconds)
        finally:
            self.mend()


_line = None


def line_to_toss():
    """The line that payment uses from its next start on."""
    global _line
    if _line is None:
        _line = Line(settings.port("toss-simulator"))
        os.environ["TIKETI_TOSS_URL"] = f"http://127.0.0.1:{_line.port}"
    return _line


def attempt(action):
    """The result of something that may fail because a process died; then None."""
    with contextlib.suppress(OSError):
        return action()


def patiently(action, seconds=20):
    """The result of something that is refused for a moment while services find their database again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except APIFailure as failure:
            if failure.status != 503 or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _where(events):
    return "r.event_id IN (" + ", ".join(f"'{event}'" for event in events) + ")"


def unfinished(*events):
    """Payments and refunds of these events that are still under way."""
    where = _where(events)
    return helpers.number(
        "SELECT count(*) FROM ticket_schema.reservations r LEFT JOIN payment_schema.payments p ON p.reservation_id = r.id "
        f"WHERE {where} AND (p.phase IN ('confirming', 'approved', 'settling') OR p.recheck OR r.status = 'confirmed' AND "
        "r.refund_requested_at IS NOT NULL "
        "OR r.status IN ('pending', 'confirmed') AND EXISTS (SELECT FROM ticket_schema.events e WHERE e.id = r.event_id AND e.status = "
        "'cancelled'))"
    )


def differences(*events):
    """Where the provider's ledger, the payments and the reservations of these events do not agree; empty is right.

    Every DONE is exactly one confirmed reservation; everything else that was charged was given back in full; nobody was charged twice.
    """
    rows = helpers.sql(
        "SELECT p.order_id, p.status, p.phase, r.status, r.payment_status, r.id, trim_scale(p.amount), r.event_id FROM "
        "payment_schema.payments p "
        "JOIN ticket_schema.reservations r ON r.id = p.reservation_id"
    )
    known = {row[0]: row[1:] for row in rows}
    rows = [row for row in rows if row[7] in events]
    wrong = []
    done = {}
    for entry in helpers.ledger():
        order = entry["orderId"]
        if entry["charges"] == 0:
            continue
        if order not in known:
            wrong.append(("charged for an order that nobody knows", entry))
            continue
        status, phase, reservation, paid, reservation_id, amount, event = known[order]
        if event not in events:
            continue
        if entry["charges"] != 1:
            wrong.append(("charged twice", entry))
        if entry["status"] == "DONE":
            done[reservation_id] = done.get(reservation_id, 0) + 1
            if (status, phase, reservation, paid) != ("confirmed", "done", "confirmed", "completed") or str(
                entry["chargedAmount"]
            ) != amount:
                wrong.append(("paid without a ticket", entry, known[order]))
        elif entry["refundedAmount"] != entry["chargedAmount"] or status not in ("cancelled", "failed") or phase != "done":
            wrong.append(("neither paid nor given back", entry, known[order]))
    wrong += [("two payments for one reservation", key) for key, count in done.items() if count > 1]
    wrong += [
        ("a ticket without a payment", row) for row in helpers.sql(
            f"SELECT r.id FROM ticket_schema.reservations r WHERE {_where(events)} AND r.status = 'confirmed'") if row[0] not in done]
    wrong += [("a payment without a charge", row) for row in rows if row[1] == "confirmed" and row[5] not in done]
    wrong += [("a refund that ticket has not heard of", row) for row in rows if row[1] == "cancelled" and row[3] == "confirmed"]
    seats = helpers.number(
        f"SELECT count(*) FROM (SELECT * FROM ticket_schema.seats r WHERE {_where(events)}) s FULL JOIN (SELECT i.seat_id FROM "
        "ticket_schema.reservation_items i JOIN ticket_schema.reservations r ON r.id = i.reservation_id "
        f"WHERE {_where(events)} AND r.status = 'confirmed' AND i.active) c ON c.seat_id = s.id "
        "WHERE (s.status = 'reserved') <> (c.seat_id IS NOT NULL)")
    if seats:
        wrong.append((f"{seats} seats are sold without a reservation or the other way round",))
    return wrong
