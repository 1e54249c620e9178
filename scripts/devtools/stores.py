"""Private PostgreSQL and Redis instances of this copy."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess

from . import processes, settings

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")


def database_user():
    """PostgreSQL refuses root: there it runs as Debian's `postgres`; elsewhere as the developer."""
    return "postgres" if os.geteuid() == 0 else None


def database_directory():
    directory = settings.DATA / "postgres"
    user = database_user()
    if user is None:
        return directory
    settings.DATA.mkdir(parents=True, exist_ok=True)
    reachable = subprocess.run(["runuser", "-u", user, "--", "test", "-x", str(settings.DATA)]).returncode == 0
    target = directory if reachable else settings.shared_directory() / "postgres"
    if not target.exists():
        target.mkdir(parents=True)
        owner = pwd.getpwnam(user)
        os.chown(target, owner.pw_uid, owner.pw_gid)
        target.chmod(0o700)
    return target


def as_database_user(command):
    return ["runuser", "-u", "postgres", "--", *command] if database_user() else command


def start_postgres():
    if processes.running_pid("postgres"):
        return
    directory = database_directory()
    if not (directory / "PG_VERSION").exists():
        command = [
            BINARIES / "initdb",
            "-D",
            directory,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        subprocess.run(as_database_user([str(part) for part in command]), check=True, stdout=subprocess.DEVNULL, cwd="/")
    (directory / "postmaster.pid").unlink(missing_ok=True)
    options = {
        "port": settings.port("postgres"), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": 300,
        "shared_buffers": "256MB", "synchronous_commit": "on", "log_min_messages": "warning", "wal_level": "replica",
    }
    command = [str(BINARIES / "postgres"), "-D", str(directory)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    processes.start("postgres", command, as_user=database_user(), cwd="/")
    processes.wait_until(lambda: psql("SELECT 1", database="postgres").returncode == 0, 60, "PostgreSQL")
    if not psql("SELECT 1 FROM pg_database WHERE datname = 'tiketi'", database="postgres").stdout.strip():
        psql("CREATE DATABASE tiketi", database="postgres", check=True)


def psql(sql, database="tiketi", check=False):
    command = [
        "psql",
        "-X",
        "-q",
        "-A",
        "-t",
        "-h",
        "127.0.0.1",
        "-p",
        str(settings.port("postgres")),
        "-U",
        "postgres",
        "-d",
        database,
        "-c",
        sql,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def start_redis():
    if processes.running_pid("redis"):
        return
    directory = settings.DATA / "redis"
    directory.mkdir(parents=True, exist_ok=True)
    processes.start("redis", [
        shutil.which("redis-server"), "--port", str(settings.port("redis")), "--bind", "127.0.0.1", "--dir", str(directory),
        "--save", "", "--appendonly", "no", "--maxclients", "20000"])
    processes.wait_until(lambda: accepts(settings.port("redis")), 20, "Redis")


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop():
    processes.stop("redis")
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
    processes.stop("postgres", with_signal=signal.SIGINT)
