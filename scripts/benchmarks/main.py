"""The benchmarks of scripts/bench by name."""

import os
import resource
import socket
import subprocess
import sys

from devtools import processes, settings, stores

from . import holds, measure, realtime, seatmaps
from .nginx import Nginx, proxy, responder

FREE = 18080


def start_gateway(**environment):
    """The gateway alone, on one loop, without limits meant for one address and without a log line per request."""
    values = settings.service_environment("gateway")
    values.update({"WORKERS": "1", "RATE_LIMIT_ENABLED": "false", "LOG_LEVEL": "warning", "ACCESS_LOG": "off", **environment})
    processes.start("gateway", [str(settings.executable("gateway"))], environment=values)
    measure.wait_for(lambda: stores.accepts(settings.port("gateway")))
    pid = processes.running_pid("gateway")
    if pid is None:
        sys.exit(f"port {settings.port('gateway')} is taken; set TIKETI_PORT_OFFSET")
    return [pid]


def http():
    """A small JSON answer of the gateway itself, through router and middleware, against nginx returning the same bytes."""
    gateway = start_gateway()
    url = settings.url("gateway") + "/health"
    body = subprocess.run(["curl", "-s", url], capture_output=True, text=True, check=True).stdout
    nginx = Nginx(responder(FREE, body), port=FREE)
    try:
        return measure.compare("small JSON answer", (gateway, url), (nginx.pids, f"http://127.0.0.1:{FREE}/"), limit=1.3)
    finally:
        nginx.stop()
        processes.stop("gateway")


def proxied():
    """A GET through the gateway against nginx as proxy, both with the same upstream over keep-alive connections."""
    body = '{"success":true,"events":[' + ",".join('{"id":%d,"title":"Concert"}' % index for index in range(20)) + "]}"
    upstream = Nginx(responder(FREE + 1, body), port=FREE + 1)
    peer = Nginx(proxy(FREE, FREE + 1), port=FREE)
    gateway = start_gateway(TICKET_SERVICE_URL=f"http://127.0.0.1:{FREE + 1}")
    try:
        ours = (gateway, settings.url("gateway") + "/api/events")
        return measure.compare("proxied GET", ours, (peer.pids, f"http://127.0.0.1:{FREE}/api/events"), limit=1.3)
    finally:
        processes.stop("gateway")
        peer.stop()
        upstream.stop()


def idle():
    """10,000 idle keep-alive connections to the gateway, each after one answered request."""
    count = 10_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gateway = start_gateway(MAX_CONNECTIONS_PER_ADDRESS="20000")
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    sockets = []
    try:
        before = measure.resident_bytes(gateway[0])
        for index in range(count):
            # Several source addresses of the loopback net, as ports of one would run out.
            connection = socket.create_connection(("127.0.0.1", settings.port("gateway")), source_address=(f"127.0.0.{2 + index % 4}", 0))
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            sockets.append(connection)
        each = (measure.resident_bytes(gateway[0]) - before) / count
        print(f"{count} idle connections: {each:.0f} bytes of resident memory each, limit 4096")
        return each <= 4096
    finally:
        for connection in sockets:
            connection.close()
        processes.stop("gateway")


def postgres():
    script = settings.ROOT / "scripts" / "benchmarks" / "postgres"
    stores.start_postgres()
    environment = {**settings.administrator_environment(), "PATH": os.environ["PATH"]}
    return subprocess.run([str(script)], env=environment, cwd=settings.ROOT).returncode == 0


BENCHMARKS = {
    "http": http, "proxy": proxied, "seats": seatmaps.run, "holds": holds.run, "idle": idle, "postgres": postgres, "realtime": realtime.run,
}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    sys.exit(0 if all([BENCHMARKS[name]() for name in chosen]) else 1)
