"""Building, migrating, starting and watching Tiketi's own processes."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

from . import processes, settings

def names():
    """Everything of ours that runs, in the order of starting."""
    return ["toss-simulator", *(instance for service in settings.SERVICES for instance in settings.instances(service))]


def build():
    if os.environ.get("TIKETI_SKIP_BUILD") == "1":
        return
    command = ["swift", "build", "-c", settings.CONFIGURATION]
    if subprocess.run(command, cwd=settings.ROOT, stdout=sys.stderr).returncode != 0:
        raise SystemExit("the build failed")


def prepare_database():
    tool = str(settings.executable("tiketi"))
    for command in (["migrate"], ["seed"]):
        run = subprocess.run([tool, *command], env=settings.administrator_environment(), cwd=settings.ROOT, stdout=sys.stderr)
        if run.returncode != 0:
            raise SystemExit(f"tiketi {command[0]} failed")


def start(name):
    if processes.running_pid(name) is None:
        processes.start(name, [str(settings.executable(name))], environment=settings.service_environment(name))


def is_ready(name):
    path = "/health" if name == "toss-simulator" else "/ready"
    try:
        with urllib.request.urlopen(settings.url(name) + path, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_ready(some=None):
    for name in some or names():
        def ready():
            if processes.running_pid(name) is None:
                raise SystemExit(f"{name} ended at start; see {processes.LOGS / (name + '.log')}")
            return is_ready(name)
        processes.wait_until(ready, 60, name)


def stop():
    """The gateway first, so that nothing new comes in while the others drain."""
    for name in reversed(names()):
        processes.stop(name)


def status():
    def entry(name):
        return {"url": settings.url(name), "pid": processes.running_pid(name), "ready": is_ready(name)}
    services = {name: entry(name) for name in names() if name != "toss-simulator"}
    return {
        "gateway": services["gateway"],
        "services": services,
        "postgres": {"dsn": settings.superuser_dsn(), "pid": processes.running_pid("postgres")},
        "redis": {"url": settings.url("redis"), "pid": processes.running_pid("redis")},
        "tossSimulator": entry("toss-simulator"),
        "secrets": {**settings.SECRETS, "ADMIN_EMAIL": settings.ADMIN_EMAIL},
        "data": str(settings.DATA),
    }


def print_status(as_json):
    facts = status()
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    rows = [*facts["services"].items(), ("toss-simulator", facts["tossSimulator"])]
    for name, entry in rows:
        state = "stopped" if entry["pid"] is None else "ready" if entry["ready"] else "not ready"
        print(f"{name:15} {state:10} {entry['url']}  pid {entry['pid'] or '-'}")
    print(f"{'postgres':15} {'running' if facts['postgres']['pid'] else 'stopped':10} {facts['postgres']['dsn']}")
    print(f"{'redis':15} {'running' if facts['redis']['pid'] else 'stopped':10} {facts['redis']['url']}")
