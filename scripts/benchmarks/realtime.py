"""The Socket.IO hub under many raw clients of a C program: CPU for each delivery, latency, memory of idle clients, slow readers."""

import json
import subprocess
import tempfile
import time

from devtools import processes, settings, stores

from . import measure

LIMITS = {"microseconds": 8.0, "p99": 20.0, "idle": 8192}


class Crowd:
    """The load program on one hub; ready when all its clients are in the room."""

    def __init__(self, program, port, clients, slow=0, rate=0.0, seconds=0.0, padding=0):
        words = [program, port, clients, slow, rate, seconds, padding]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "the clients could not all connect"

    def run(self, pid):
        """Lets them run; what they saw, the hub's CPU seconds and its most resident bytes meanwhile."""
        before, most = measure.cpu_seconds([pid]), 0
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        while self.process.poll() is None:
            most = max(most, measure.resident_bytes(pid))
            time.sleep(0.05)
        return json.loads(self.process.stdout.read().splitlines()[-1]), measure.cpu_seconds([pid]) - before, most

    def stop(self):
        self.process.kill()
        self.process.wait()


def start_hub(**environment):
    values = settings.service_environment("realtime")
    values.update({"WORKERS": "1", "LOG_LEVEL": "warning", "ACCESS_LOG": "off", "REALTIME_CONFORMANCE": "1", **environment})
    processes.start("realtime", [str(settings.executable("realtime"))], environment=values)
    measure.wait_for(lambda: stores.accepts(settings.port("realtime")))
    return processes.running_pid("realtime")


def room(program):
    """1,000 clients in one room, 50 events a second."""
    pid = start_hub()
    try:
        seen, cpu, _ = Crowd(program, settings.port("realtime"), 1000, rate=50, seconds=10).run(pid)
    finally:
        processes.stop("realtime")
    cost = cpu / seen["deliveries"] * 1e6
    print(f"1,000 clients in one room, {seen['published']} events: hub {cost:.2f} µs CPU per delivery (limit {LIMITS['microseconds']:.0f}), "
          f"client {seen['clientCPU'] / seen['deliveries'] * 1e6:.2f} µs; p50 {seen['p50']:.1f} ms, p99 {seen['p99']:.1f} ms "
          f"(limit {LIMITS['p99']:.0f}), worst {seen['worst']:.1f} ms; {seen['wanted'] - seen['deliveries']} lost", flush=True)
    return cost <= LIMITS["microseconds"] and seen["p99"] <= LIMITS["p99"] and seen["deliveries"] == seen["wanted"]


def idle(program):
    """10,000 connected clients that are in a room and get nothing."""
    pid = start_hub()
    crowd = None
    try:
        # What the first clients make the process load is no client's.
        Crowd(program, settings.port("realtime"), 64).run(pid)
        before = measure.resident_bytes(pid)
        crowd = Crowd(program, settings.port("realtime"), 10_000, seconds=600)
        each = (measure.resident_bytes(pid) - before) / 10_000
    finally:
        if crowd:
            crowd.stop()
        processes.stop("realtime")
    print(f"10,000 idle clients: {each:.0f} bytes of resident memory each (limit {LIMITS['idle']})", flush=True)
    return each <= LIMITS["idle"]


def slow(program):
    """1,000 clients that read and 1,000 that do not, 50 events of 4 kB a second."""
    pid = start_hub()
    try:
        before = measure.resident_bytes(pid)
        seen, cpu, most = Crowd(program, settings.port("realtime"), 2000, slow=1000, rate=50, seconds=10, padding=4000).run(pid)
    finally:
        processes.stop("realtime")
    print(f"1,000 slow readers beside 1,000 others: p99 of the others {seen['p99']:.1f} ms, {seen['wanted'] - seen['deliveries']} lost, "
          f"{seen['closed']} of them closed; {seen['slowClosed']} slow ones cut; hub {cpu:.1f} s CPU, at most {(most - before) / 1e6:.0f} MB more", flush=True)
    return seen["deliveries"] == seen["wanted"] and seen["closed"] == 0 and most - before < 256e6


def run():
    stores.start_redis()
    with tempfile.TemporaryDirectory() as directory:
        program = f"{directory}/realtime"
        subprocess.run(["clang", "-O2", "-o", program, settings.ROOT / "scripts" / "bench.d" / "realtime.c"], check=True)
        return all([part(program) for part in (room, idle, slow)])
