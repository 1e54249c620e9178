"""Gateways beside the system's own, on the same stores, with settings of a test's own."""

import http.client
import os
import socket
import subprocess
import time

from devtools import processes, settings
from devtools.api import API


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gateway:
    """One process. Use as a context: it is ready inside and gone after it."""

    def __init__(self, name, **environment):
        self.name, self.port = name, free_port()
        self.environment = {
            **settings.service_environment("gateway"),
            "LOG_LEVEL": "warning",
            **environment,
            "PORT": str(self.port),
            "OPERATIONS_PORT": "0",
        }
        self.process = None

    def __enter__(self):
        processes.LOGS.mkdir(parents=True, exist_ok=True)
        self.log = processes.LOGS / f"{self.name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(settings.executable("gateway"))], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment,
                cwd=settings.ROOT, start_new_session=True)
        deadline = time.monotonic() + 30
        while not self.is_ready():
            assert self.process.poll() is None, f"{self.name} ended at start: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"{self.name} is not ready"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def is_ready(self):
        try:
            return self.api().call("GET", "/ready", timeout=2)[0] == 200
        except OSError:
            return False

    def api(self, token=None):
        return API(base=f"http://127.0.0.1:{self.port}", token=token)

    def memory(self):
        """Resident bytes now."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def refusal_of(**environment):
    """What a gateway says that does not start with these settings."""
    environment = {**settings.service_environment("gateway"), **environment, "PORT": str(free_port()), "OPERATIONS_PORT": "0"}
    done = subprocess.run(
        [str(settings.executable("gateway"))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1, done
    return done.stderr


def raw(gateway, method, path, body=None, headers=None):
    """The status, fields and bytes of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=40)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
