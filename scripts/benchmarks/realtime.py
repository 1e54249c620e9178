"""The Socket.IO hub under many raw clients of a C program: CPU for each delivery, latency, memory of idle clients, slow readers."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time

from devtools import processes, settings, stores

from . import measure

LIMITS = {"microseconds": 8.0, "p99": 20.0, "idle": 8192}


class Crowd:
    """The load program on one server; ready when all its clients are in the room."""

    def __init__(self, program, port, clients, slow=0, rate=0.0, seconds=0.0, padding=0):
        words = [program, port, clients, slow, rate, seconds, padding]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "the clients could not all connect"

    def run(self, pid):
        """Lets them run; what they saw, the server's CPU seconds, its most resident bytes and the system's most socket memory meanwhile."""
        before, most, sockets = measure.cpu_seconds([pid]), 0, 0
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        while self.process.poll() is None:
            most = max(most, measure.resident_bytes(pid))
            sockets = max(sockets, socket_bytes())
            time.sleep(0.05)
        return json.loads(self.process.stdout.read().splitlines()[-1]), measure.cpu_seconds([pid]) - before, most, sockets

    def stop(self):
        self.process.kill()
        self.process.wait()


def socket_bytes():
    """What TCP holds in the kernel."""
    for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def start_hub(**environment):
    values = settings.service_environment("realtime")
    values.update({"WORKERS": "1", "LOG_LEVEL": "warning", "ACCESS_LOG": "off", "REALTIME_CONFORMANCE": "1", **environment})
    processes.start("realtime", [str(settings.executable("realtime"))], environment=values)
    measure.wait_for(lambda: stores.accepts(settings.port("realtime")))
    return processes.running_pid("realtime")


@contextlib.contextmanager
def floor(program):
    """A C program that does nothing but one `send` for each delivery."""
    process = subprocess.Popen([program, str(settings.port("realtime"))])
    try:
        measure.wait_for(lambda: stores.accepts(settings.port("realtime")))
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def hub(**environment):
    try:
        yield start_hub(**environment)
    finally:
        processes.stop("realtime")


def room(directory):
    """1,000 clients in one room, 50 events a second, beside a C program with one system call for each delivery. A machine on which those
    cost more
    than the limit has the hub measured by them."""
    servers = {
        "one send each in C": floor(f"{directory}/realtime-floor"), "hub without io_uring": hub(SOCKET_IO_URING="off"), "hub": hub()}
    costs, tails, good = [], [], True
    for name, server in servers.items():
        with server as pid:
            seen, cpu, *_ = Crowd(f"{directory}/realtime", settings.port("realtime"), 1000, rate=50, seconds=10).run(pid)
        costs.append(cpu / seen["deliveries"] * 1e6)
        tails.append(seen["p99"])
        print(f"1,000 clients in one room: {name} {costs[-1]:.2f} µs CPU per delivery ({costs[-1] / costs[0]:.2f}), "
              f"client {seen['clientCPU'] / seen['deliveries'] * 1e6:.2f} µs; p50 {seen['p50']:.1f} ms, p99 {seen['p99']:.1f} ms, "
              f"worst {seen['worst']:.1f} ms; {seen['wanted'] - seen['deliveries']} lost", flush=True)
        good = good and (seen["deliveries"] == seen["wanted"] or server is servers["one send each in C"])
    return good and costs[-1] <= max(LIMITS["microseconds"], costs[0]) and tails[-1] <= max(LIMITS["p99"], 2 * tails[0])


def idle(directory):
    """10,000 connected clients that are in a room and get nothing."""
    pid = start_hub()
    crowd = None
    try:
        # What the first clients make the process load is no client's.
        Crowd(f"{directory}/realtime", settings.port("realtime"), 64).run(pid)
        before = measure.resident_bytes(pid)
        crowd = Crowd(f"{directory}/realtime", settings.port("realtime"), 10_000, seconds=600)
        each = (measure.resident_bytes(pid) - before) / 10_000
    finally:
        if crowd:
            crowd.stop()
        processes.stop("realtime")
    print(f"10,000 idle clients: {each:.0f} bytes of resident memory each (limit {LIMITS['idle']})", flush=True)
    return each <= LIMITS["idle"]


def slow(directory):
    """1,000 clients that read, 25 events of 4 kB a second; alone, then beside 1,000 that never read."""
    delays, good = [], True
    for others in (0, 1000):
        pid = start_hub(SOCKET_IO_MAX_QUEUED_BYTES="262144")
        try:
            before, sockets_before = measure.resident_bytes(pid), socket_bytes()
            seen, cpu, most, sockets = Crowd(
                f"{directory}/realtime", settings.port("realtime"), 1000 + others, slow=others, rate=25, seconds=12, padding=4000).run(pid)
        finally:
            processes.stop("realtime")
        delays.append(seen["p99"])
        print(
            f"1,000 readers of 100 kB a second beside {others:,} that do not read: p50 {seen['p50']:.1f} ms, p99 {seen['p99']:.1f} ms, "
            f"{seen['wanted'] - seen['deliveries']} lost, {seen['closed']} closed; {seen['slowClosed']:,} slow ones cut; hub {cpu:.1f} "
            "s CPU, "
            f"at most {(most - before) / 1e6:.0f} MB more, sockets {(sockets - sockets_before) / 1e6:.0f} MB",
            flush=True,
        )
        good = good and seen["deliveries"] == seen["wanted"] and seen["closed"] == 0 and most - before < 64e6
    return good and seen["slowClosed"] == 1000 and delays[1] <= 2 * delays[0] + 20


def run():
    stores.start_redis()
    with tempfile.TemporaryDirectory() as directory:
        for name in ("realtime", "realtime-floor"):
            subprocess.run(
                ["clang", "-O2", "-o", f"{directory}/{name}", settings.ROOT / "scripts" / "benchmarks" / f"{name}.c"], check=True
            )
        return all([part(directory) for part in (room, idle, slow)])
