"""The commands of scripts/dev."""

import argparse
import signal
import subprocess
import sys
import threading
import time

from . import processes, services, settings, stores, web

BANNER = """
Tiketi is running: {gateway}
{web}
  admin   {admin} / {admin_password}
  buyers  buyer1@tiketi.gg and buyer2@tiketi.gg / buyer-development

  scripts/dev status | logs SERVICE | restart SERVICE | kill SERVICE | stop
"""


def start_all():
    began = time.monotonic()
    services.build()
    web.build()
    stores.start_postgres()
    stores.start_redis()
    services.prepare_database()
    processes.RUN.mkdir(parents=True, exist_ok=True)
    (processes.RUN / "instances").write_text(str(settings.instance_count()))
    for name in services.names():
        services.start(name)
    services.wait_ready()
    web.start()
    page = f"                   {settings.url('web')} follows what you change in web/src\n" if web.is_wanted() else ""
    print(
        BANNER.format(
            gateway=settings.url("gateway"), web=page, admin=settings.ADMIN_EMAIL, admin_password=settings.SECRETS["ADMIN_PASSWORD"]
        )
    )
    print(f"Started in {time.monotonic() - began:.1f} s.", flush=True)


def stop_all():
    web.stop()
    services.stop()
    stores.stop()
    (processes.RUN / "instances").unlink(missing_ok=True)


def clean():
    stop_all()
    settings.remove_data()


def run_in_foreground():
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        start_all()
        print("Ctrl-C stops everything.", flush=True)
        reported = set()
        while not ended.wait(0.5):
            gone = {name for name in services.names() if processes.running_pid(name) is None}
            for name in gone - reported:
                print(f"{name} has ended; see {processes.LOGS / (name + '.log')}", flush=True)
            reported = gone
    finally:
        print("Stopping.", flush=True)
        stop_all()


def show_logs(names, follow):
    names = names or services.names()
    files = [str(processes.LOGS / f"{name}.log") for name in names]
    command = ["tail", "-n", "200", *(["-F"] if follow else []), *files]
    try:
        sys.exit(subprocess.run(command).returncode)
    except KeyboardInterrupt:
        sys.exit(0)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/dev", description="Run Tiketi on this machine.",
        epilog="TIKETI_INSTANCES=2 runs two instances of every service: ticket at its usual port, ticket-2 ten ports above, and so on.")
    parser.add_argument("--detach", action="store_true", help="start everything in the background and return when it is ready")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("stop", help="stop everything")
    commands.add_parser("clean", help="stop everything and delete its data, logs included; the next start begins anew")
    commands.add_parser("status", help="what is running").add_argument("--json", action="store_true", help="for scripts")
    logs = commands.add_parser("logs", help="the latest log lines")
    logs.add_argument("service", nargs="*")
    logs.add_argument("-f", "--follow", action="store_true")
    names = [*services.names(), "postgres", "redis"]
    commands.add_parser("start", help="start one stopped service").add_argument("service", choices=names)
    commands.add_parser("restart", help="stop (gracefully) and start one service").add_argument("service", choices=names)
    commands.add_parser("kill", help="kill -9 one service").add_argument("service", choices=names)
    return parser.parse_args(arguments)


def start_one(name):
    if name == "postgres":
        stores.start_postgres()
    elif name == "redis":
        stores.start_redis()
    else:
        services.start(name)
        services.wait_ready([name])


def main():
    options = parse(sys.argv[1:])
    if options.command == "stop":
        stop_all()
    elif options.command == "clean":
        clean()
    elif options.command == "status":
        services.print_status(options.json)
    elif options.command == "logs":
        show_logs(options.service, options.follow)
    elif options.command == "start":
        start_one(options.service)
    elif options.command == "restart":
        processes.stop(options.service, with_signal=signal.SIGINT if options.service == "postgres" else signal.SIGTERM)
        start_one(options.service)
    elif options.command == "kill":
        if processes.running_pid(options.service) is None:
            raise SystemExit(f"{options.service} is not running")
        processes.stop(options.service, with_signal=signal.SIGKILL)
    elif options.detach:
        try:
            start_all()
        except BaseException:
            stop_all()
            raise
    else:
        run_in_foreground()


if __name__ == "__main__":
    main()
