"""Holds per second on one hot event: 20,000 seats, pairs of seats, 200 clients, each hold another buyer's; batching on against batching
off."""

import os
import random
import statistics
import sys
import tempfile
import uuid

from devtools import processes, services, settings, stores

from . import measure, replay

SEATS, CLIENTS, SECONDS, ROUNDS = 20_000, 200, 8, 3


def start_system(**environment):
    """Everything that a hold needs, without limits meant for one address and without a log line per request."""
    os.environ.update({"RATE_LIMIT_ENABLED": "false", "LOG_LEVEL": "warning", "ACCESS_LOG": "off", **environment})
    stores.start_postgres()
    stores.start_redis()
    services.prepare_database()
    for name in services.names():
        services.start(name)
    services.wait_ready()
    sys.path.insert(0, str(settings.ROOT / "Tests" / "EndToEnd"))


def restart_ticket(batch):
    processes.stop("ticket")
    os.environ["HOLD_BATCH_SIZE"] = str(batch)
    services.start("ticket")
    services.wait_ready(["ticket"])


def one_round(program, batch):
    import helpers

    restart_ticket(batch)
    event = helpers.event(rows=SEATS // 100, seats_per_row=100)
    seats = [seat["id"] for seat in helpers.seats(event)]
    pairs = [seats[index:index + 2] for index in range(0, SEATS, 2)]
    random.shuffle(pairs)
    requests = [replay.post("/api/seats/reserve", helpers.token(str(uuid.uuid4())), {"seatIds": pair}) for pair in pairs]
    pids = {name: processes.running_pid(name) for name in ("gateway", "ticket", "redis")}
    before = {name: measure.cpu_seconds([pid]) for name, pid in pids.items()}
    figures = replay.run(program, settings.port("gateway"), requests, CLIENTS, SECONDS)
    assert set(figures["statuses"]) == {"200"}, figures
    held, versions = map(
        int,
        helpers.sql(
            "SELECT count(*) FILTER (WHERE status = 'locked') / 2, (SELECT count(*) FROM ticket_schema.seat_changes WHERE event_id = "
            f"'{event}') "
            f"FROM ticket_schema.seats WHERE event_id = '{event}'"
        )[0],
    )
    # Requests under way when the time was over may have been decided, but were not counted.
    assert held == versions and 0 <= held - figures["answered"] <= CLIENTS, (held, versions, figures)
    cost = ", ".join(f"{name} {(measure.cpu_seconds([pid]) - before[name]) / figures['answered'] * 1e6:.0f}" for name, pid in pids.items())
    print(f"batches of {batch}: {figures['perSecond']:.0f} holds/s, p50 {figures['p50']} ms, p99 {figures['p99']} ms, "
          f"max {figures['max']} ms, {figures['answered']} holds; µs CPU per hold: {cost}", flush=True)
    return figures


def run():
    start_system()
    with tempfile.TemporaryDirectory() as directory:
        program = replay.build(directory)
        ratios, tails = [], []
        for _ in range(ROUNDS):
            off, on = one_round(program, 1), one_round(program, 100)
            ratios.append(on["perSecond"] / off["perSecond"])
            tails.append(on["p99"])
    ratio, tail = statistics.median(ratios), statistics.median(tails)
    print(f"batching is {ratio:.1f} times as fast (rounds {min(ratios):.1f} to {max(ratios):.1f}), limit 3; p99 {tail:.0f} ms, limit 150")
    return ratio >= 3 and tail < 150
