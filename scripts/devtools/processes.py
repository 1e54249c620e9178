"""Background processes known by pid and start time, so that a reused pid is never mistaken for one of ours."""

import json
import os
import signal
import subprocess
import time

from . import settings

RUN = settings.DATA / "run"
LOGS = settings.DATA / "log"


def start_time(pid):
    """The kernel's start time of a live process, None when there is none (or only its zombie).

    The first thread may be a zombie while others still end, with all its sockets open: such a process lives.
    """
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    state, threads = fields[0], int(fields[17])
    return None if state in "ZX" and threads <= 1 else fields[19]


def is_halted(name):
    """Whether a process of ours is stopped as by SIGSTOP."""
    pid = running_pid(name)
    if pid is None:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"


def record(name, pid):
    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / f"{name}.json").write_text(json.dumps({"pid": pid, "started": start_time(pid)}))


def running_pid(name):
    try:
        entry = json.loads((RUN / f"{name}.json").read_text())
    except (OSError, ValueError):
        return None
    return entry["pid"] if start_time(entry["pid"]) == entry["started"] is not None else None


def start(name, command, environment=None, cwd=None, as_user=None):
    """Starts a command in a session of its own, its output appended to a log. Returns at once."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / f"{name}.log", "ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=cwd or settings.ROOT,
            start_new_session=True, user=as_user, group=as_user, extra_groups=[] if as_user else None)
    record(name, process.pid)
    return process


def stop(name, with_signal=signal.SIGTERM, seconds=30):
    """Asks a process to end and waits; kills it when it does not. True when it ended by itself."""
    pid = running_pid(name)
    if pid is None:
        return True
    os.kill(pid, with_signal)
    if wait_for_end(name, pid, seconds):
        return True
    os.kill(pid, signal.SIGKILL)
    wait_for_end(name, pid, 5)
    return False


def wait_for_end(name, pid, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        if running_pid(name) is None:
            (RUN / f"{name}.json").unlink(missing_ok=True)
            return True
        time.sleep(0.02)
    return False


def wait_until(check, seconds, what):
    """Polls another process's readiness; raises SystemExit with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return
        time.sleep(0.05)
    raise SystemExit(f"{what} did not become ready within {seconds} s; see {LOGS}")
