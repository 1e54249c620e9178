"""Hubs and gateways of their own beside the running system, for tests that need several of them or other settings."""

import contextlib
import os
import subprocess
import urllib.request

import helpers
from devtools import settings

# What the protocols' official suites expect of the server under test, but for how long pongs (theirs: 200 ms) and the first CONNECT (1 s)
# may take: a busy machine needs longer.
SUITE = {
    "REALTIME_CONFORMANCE": "1",
    "SOCKET_IO_PING_INTERVAL_MS": "300",
    "SOCKET_IO_PING_TIMEOUT_MS": "2000",
    "SOCKET_IO_MAX_PAYLOAD": "1000000",
    "SOCKET_IO_CONNECT_TIMEOUT_MS": "5000",
}
CALM = {**SUITE, "SOCKET_IO_PING_INTERVAL_MS": "20000", "SOCKET_IO_PING_TIMEOUT_MS": "20000", "SOCKET_IO_CONNECT_TIMEOUT_MS": "20000"}


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


class Process:
    """One instance of a service on a port of its own."""

    def __init__(self, service, port, **environment):
        self.service, self.port = service, port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {**settings.service_environment(service), "ACCESS_LOG": "off", "PORT": str(port)}
        # Numbered like the running system's instances, two hubs would take each other's sessions for their own.
        self.environment.pop("REALTIME_NODE_ID", None)
        self.environment.update(environment)
        self.process = None

    def start(self):
        self.process = subprocess.Popen([settings.executable(self.service)], env=self.environment, stdout=subprocess.DEVNULL)
        helpers.eventually(lambda: is_ready(self.port), f"{self.service} on port {self.port}")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(40)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


def port(index):
    """Ports that nothing of the running system uses."""
    return settings.port("realtime") + 100 + index


@contextlib.contextmanager
def running(*processes):
    try:
        for process in processes:
            process.start()
        yield processes
    finally:
        for process in processes:
            process.stop()


def seconds_of_proof(default):
    """How long a proof runs: short with every test run, long for the record."""
    return float(os.environ.get("TIKETI_PROOF_SECONDS", default))
