"""A backup that was never restored is none: base backup, archived log, sales, a mistake, and the database as it was just before it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from . import processes, services, settings, stores
from .api import API

BEFORE, AFTER = 6, 4


def buy(count):
    """Buys single seats; returns the reservations' ids."""
    buyer = API().register("Restorer")
    bought = []
    for event in buyer.get("/api/events?status=on_sale&limit=100")["data"]:
        detail = buyer.get(f"/api/events/{event['id']}")["event"]
        if detail["queueEnabled"]:
            continue
        for seat in buyer.get(f"/api/seats/{event['id']}")["seats"]:
            if seat["status"] != "available" or len(bought) == count:
                continue
            if len(bought) % 4 == 0:
                buyer = API().register("Restorer")
            reservation = buyer.post("/api/reservations", {"eventId": event["id"], "seatIds": [seat["id"]]})["reservation"]
            status, answer = buyer.pay(reservation)
            assert status == 200, (status, answer)
            bought.append(reservation["id"])
        if len(bought) == count:
            return bought
    sys.exit("no event on sale has enough free seats")


def run(command, **options):
    return subprocess.run([str(part) for part in stores.as_database_user([str(part) for part in command])], check=True, cwd="/", **options)


def main():
    services.build()
    stores.start_postgres()
    stores.start_redis()
    folder = stores.database_directory().parent / "restore-check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive, base = folder / "archive", folder / "base"
    archive.mkdir()
    if stores.database_user():
        for path in (folder, archive):
            shutil.chown(path, stores.database_user())
    try:
        # As a server of one's own is set up: every finished piece of the log goes to the archive.
        for setting in ("archive_mode = 'on'", f"archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'"):
            stores.psql(f"ALTER SYSTEM SET {setting}", database="postgres", check=True)
        processes.stop("postgres", with_signal=signal.SIGINT)
        stores.start_postgres()
        services.prepare_database()
        for name in services.names():
            services.start(name)
        services.wait_ready()
        run(
            [
                stores.BINARIES / "pg_basebackup",
                "-h",
                "127.0.0.1",
                "-p",
                settings.port("postgres"),
                "-U",
                "postgres",
                "-D",
                base,
                "-c",
                "fast",
            ]
        )
        print(f"base backup of {sum(file.stat().st_size for file in base.rglob('*') if file.is_file()) // 2**20} MB", flush=True)
        kept = buy(BEFORE)
        target = stores.psql("SELECT clock_timestamp()", check=True).stdout.strip()
        time.sleep(0.05)
        lost = buy(AFTER)
        stores.psql("DELETE FROM ticket_schema.reservation_items", check=True)
        stores.psql("SELECT pg_switch_wal()", check=True)
        last = stores.psql("SELECT pg_walfile_name(pg_current_wal_lsn())", check=True).stdout.strip()
        processes.wait_until(lambda: any(file.name < last for file in archive.iterdir()) and archived_all(), 30, "the archive")
        print(f"sold {BEFORE} seats before {target}, {AFTER} after it, then deleted every reservation's seats", flush=True)
        began = time.monotonic()
        found = restore(archive, base, target)
        print(f"restored to {target} in {time.monotonic() - began:.1f} s", flush=True)
        assert found == set(
            kept
        ), f"{len(found)} sales, {len(found & set(lost))} of them from after the target, {len(set(kept) - found)} missing"
        print(f"ok: the {len(kept)} sales before the target are there with their seats, none of the {len(lost)} after it", flush=True)
    finally:
        stores.psql("ALTER SYSTEM RESET ALL", database="postgres")
        services.stop()
        stores.stop()
        shutil.rmtree(folder, ignore_errors=True)


def archived_all():
    """Whether the log that the target lies in has left the server."""
    return stores.psql("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'").stdout.strip() == "0"


def restore(archive, base, target):
    """The confirmed reservations that have their seats, in a server recovered from the backup up to the target."""
    port = settings.port("postgres") + 1
    marker = base / "recovery.signal"
    run(["touch", marker])
    options = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "archive_mode": "off",
        # Recovery refuses to go on with fewer than the server had that wrote the log.
        "max_connections": 300,
        "restore_command": f"cp {archive}/%f %p", "recovery_target_time": target, "recovery_target_action": "promote",
    }
    command = [str(stores.BINARIES / "postgres"), "-D", str(base)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    processes.start("postgres-restored", command, as_user=stores.database_user(), cwd="/")
    question = ["psql", "-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "tiketi", "-c"]

    def answer(sql):
        return subprocess.run([*question, sql], capture_output=True, text=True)

    try:
        processes.wait_until(lambda: answer("SELECT pg_is_in_recovery()").stdout.strip() == "f", 60, "recovery")
        return set(answer(
            "SELECT r.id FROM ticket_schema.reservations r JOIN ticket_schema.reservation_items i ON i.reservation_id = r.id "
            "JOIN ticket_schema.seats s ON s.id = i.seat_id AND s.status = 'reserved' WHERE r.status = 'confirmed'").stdout.split())
    finally:
        processes.stop("postgres-restored", with_signal=signal.SIGINT)


if __name__ == "__main__":
    os.environ.setdefault("RATE_LIMIT_ENABLED", "false")
    pathlib.Path(settings.DATA).mkdir(parents=True, exist_ok=True)
    main()
