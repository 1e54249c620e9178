"""CPU per request of a server process under wrk: a ratio of two servers in alternating rounds holds on a noisy machine, requests per
second do not."""

import os
import pathlib
import re
import statistics
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def load(url, connections=64, seconds=4, headers=()):
    """Runs wrk; returns the number of requests answered, failing on any error."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    output = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    for fault in ("Non-2xx", "Socket errors"):
        assert fault not in output, output
    requests = int(re.search(r"(\d+) requests in", output)[1])
    p99 = re.search(r"^ +99%\s+(\S+)", output, re.MULTILINE)[1]
    return requests, p99


def microseconds_per_request(pids, url, **options):
    before = cpu_seconds(pids)
    requests, p99 = load(url, **options)
    return (cpu_seconds(pids) - before) / requests * 1e6, requests, p99


def compare(name, ours, theirs, rounds=5, limit=None, **options):
    """Alternates rounds against (pids, url[, headers]) and prints the medians and the median ratio. True when within the limit."""
    ratios, own, other = [], [], []

    def cost(pids, url, headers=(), **more):
        return microseconds_per_request(pids, url, headers=headers, **options, **more)[0]

    for side in (ours, theirs):
        cost(*side, seconds=1)
    for _ in range(rounds):
        mine = cost(*ours)
        peer = cost(*theirs)
        own.append(mine)
        other.append(peer)
        ratios.append(mine / peer)
    ratio = statistics.median(ratios)
    print(
        f"{name}: {statistics.median(own):.2f} µs CPU per request, nginx {statistics.median(other):.2f} µs; "
        f"ratio {ratio:.2f} (min {min(ratios):.2f}, max {max(ratios):.2f}, {rounds} rounds)" + (f", limit {limit}" if limit else ""),
        flush=True,
    )
    return limit is None or ratio <= limit


def wait_for(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "a server did not start"
        time.sleep(0.05)
