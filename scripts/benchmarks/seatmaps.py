"""Seat maps through gateway and ticket of a whole running system: 1,000 seats from memory, revalidation against nginx, 50,000 seats after
changes."""

import gzip
import json
import os
import pathlib
import statistics
import tempfile
import time
import urllib.request

from devtools import processes, settings
from devtools.api import API

from . import holds, measure
from .nginx import Nginx, files

FREE = 18082


def costs(event, tag):
    url = f"{settings.url('gateway')}/api/seats/{event}"
    for name, extra in (("plain", []), ("gzip", ["Accept-Encoding: gzip"]), ("304", [f"If-None-Match: {tag}"])):
        for process in ("gateway", "ticket"):
            # wrk counts 304 as neither error nor non-2xx.
            cost, requests, p99 = measure.microseconds_per_request([processes.running_pid(process)], url, connections=32, headers=extra)
            print(f"seat map of 1,000 seats, {name}: {process} {cost:.1f} µs CPU per request, {requests / 4:.0f}/s, p99 {p99}", flush=True)


def revalidation(event, tag, body):
    """304 by the gateway against 304 of nginx for a file of the same bytes."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        (pathlib.Path(directory) / "map.json").write_bytes(body)
        peer = Nginx(files(FREE, directory), port=FREE)
        try:
            base = f"http://127.0.0.1:{FREE}"
            _, headers, _ = API(base).call("GET", "/map.json")
            status, _, _ = API(base).call("GET", "/map.json", headers={"If-None-Match": headers["ETag"]})
            assert status == 304, status
            ours = ([processes.running_pid("gateway")], f"{settings.url('gateway')}/api/seats/{event}", [f"If-None-Match: {tag}"])
            return measure.compare(
                "304 of a seat map", ours, (peer.pids, base + "/map.json", [f"If-None-Match: {headers['ETag']}"]), limit=1.3
            )
        finally:
            peer.stop()


def large():
    import helpers

    began = time.monotonic()
    event = helpers.event(rows=500, seats_per_row=100)
    made = time.monotonic() - began
    path = f"/api/seats/{event}"

    def read():
        start = time.monotonic()
        with urllib.request.urlopen(urllib.request.Request(settings.url("gateway") + path, headers={"Accept-Encoding": "gzip"})) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            return answer.read(), (time.monotonic() - start) * 1000

    packed, first = read()
    plain = gzip.decompress(packed)
    again = statistics.median(read()[1] for _ in range(20))
    ids = [seat["id"] for seat in API().get(path)["seats"]]
    after = []
    for index in range(0, 60, 2):
        helpers.buyer().post("/api/seats/reserve", {"seatIds": ids[index * 700:index * 700 + 1] + ids[index * 700 + 350:index * 700 + 351]})
        after.append(read()[1])
    print(
        f"50,000 seats: made in {made:.1f} s, limit 5; map {len(plain) / 1e6:.1f} MB, gzip {len(packed) / 1e6:.2f} MB; "
        f"first answer {first:.0f} ms, from memory {again:.1f} ms, after a hold of two seats {statistics.median(after):.1f} ms",
        flush=True,
    )
    return made < 5


def run():
    holds.start_system(WORKERS="1")
    import helpers

    event = helpers.event(rows=20, seats_per_row=50)
    _, headers, body = API().call("GET", f"/api/seats/{event}")
    assert len(body["seats"]) == 1000
    costs(event, headers["ETag"])
    # The stamp lapses after 30 s: the rounds begin with a fresh one, and ticket renews it when it is gone.
    is_cheap = revalidation(event, headers["ETag"], json.dumps(body).encode())
    return large() and is_cheap
