"""Two ticket processes in the place of the system's own, on the same stores, with settings and kills of a test's own."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from devtools import processes, services, settings


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TicketProcess:
    def __init__(self, name, environment):
        self.name = name
        self.port = free_port()
        self.environment = {**settings.service_environment("ticket"), **environment, "PORT": str(self.port)}
        self.process = None

    def start(self):
        processes.LOGS.mkdir(parents=True, exist_ok=True)
        with open(processes.LOGS / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(settings.executable("ticket"))], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment,
                cwd=settings.ROOT, start_new_session=True)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_ready(self, seconds=30):
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            assert self.process.poll() is None, f"{self.name} ended at start"
            assert time.monotonic() < deadline, f"{self.name} is not ready after {seconds} s"
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()


class TicketPair:
    """Use as a context: both are ready inside it and gone after it."""

    def __init__(self, name, **environment):
        environment = {key: str(value) for key, value in environment.items()}
        environment.setdefault("LOG_LEVEL", "warning")
        environment["HOST"] = os.environ.get("HOST", "127.0.0.1")
        self.processes = [TicketProcess(f"{name}-{number}", environment) for number in (1, 2)]

    def __enter__(self):
        for name in settings.instances("ticket"):
            processes.stop(name)
        try:
            for process in self.processes:
                process.start()
            for process in self.processes:
                process.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop()
        for name in settings.instances("ticket"):
            services.start(name)
        services.wait_ready(settings.instances("ticket"))

    @property
    def ports(self):
        return [process.port for process in self.processes]
