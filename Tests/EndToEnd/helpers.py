"""What the end-to-end tests share: tokens without bcrypt, events of their own, SQL facts."""

import asyncio
import base64
import concurrent.futures
import datetime
import hashlib
import hmac
import json
import time
import uuid

from devtools import settings, stores
from devtools.api import API, administrator, payment_key  # noqa: F401: for the tests


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user_id, email="buyer@example.com", role="user", **claims):
    """A token signed with the development secret: services look nothing up, so a user need not exist for buying."""
    now = int(time.time())
    body = {"userId": user_id, "email": email, "role": role, "iat": now, "exp": now + 3600, **claims}
    signed = encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + encode(json.dumps(body).encode())
    secret = settings.SECRETS["JWT_SECRET"].encode()
    return signed + "." + encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def buyer():
    user_id = str(uuid.uuid4())
    api = API(token=token(user_id))
    api.user = {"id": user_id}
    return api


def event(rows=10, seats_per_row=10, price=50000, **fields):
    """An event on sale with rows x seats_per_row seats in section A; returns its id."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def at(**delta):
        return (now + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")

    body = {
        "title": f"Concert {uuid.uuid4().hex[:8]}", "venue": "Olympic Hall", "artistName": "IU",
        "eventDate": at(days=30), "saleStartDate": at(minutes=-5), "saleEndDate": at(days=29),
        "seatLayout": {"sections": [{"name": "A", "rows": rows, "seatsPerRow": seats_per_row, "price": price, "startRow": 1}]},
        **fields,
    }
    return administrator().post("/api/admin/events", body)["event"]["id"]


def seats(event_id):
    return buyer().get(f"/api/seats/{event_id}")["seats"]


def sql(statement):
    """The rows of a statement run as the superuser, as lists of text."""
    answer = stores.psql(statement, check=False)
    assert answer.returncode == 0, answer.stderr
    return [line.split("|") for line in answer.stdout.splitlines()]


def number(statement):
    return int(sql(statement)[0][0])


def together(count, action, indices=None):
    """Runs `action(index)` in `count` threads at once, once for each thread or for each index, and returns the results."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, indices or range(count)))


def ledger():
    """Everything the payment provider's stand-in has charged."""
    return API(settings.url("toss-simulator")).get("/simulator/ledger")["payments"]


def eventually(condition, what, seconds=30):
    """Waits for the outcome of background work in another process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


async def eventually_async(condition, what, seconds=30):
    """The same for conditions that are awaited."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.05)


def expire(event_id):
    """Ends every running hold and pending reservation of an event by moving it 16 minutes into the past, as an operator may."""
    sql(
        f"UPDATE ticket_schema.reservations SET expires_at = expires_at - interval '16 minutes' WHERE event_id = '{event_id}' AND "
        "status = 'pending'"
    )
    sql(
        "UPDATE ticket_schema.seats SET reserved_at = reserved_at - interval '16 minutes' "
        f"WHERE event_id = '{event_id}' AND status = 'locked' AND hold_expires_at > now()")


def check_seats(event_id):
    """The invariants of one event: confirmed seats are reserved seats, each once, and every DONE payment has its confirmed reservation."""
    confirmed = (
        "SELECT i.seat_id FROM ticket_schema.reservation_items i JOIN ticket_schema.reservations r ON r.id = i.reservation_id "
        f"WHERE r.event_id = '{event_id}' AND r.status = 'confirmed'")
    assert number(f"SELECT count(*) - count(DISTINCT seat_id) FROM ({confirmed}) c") == 0
    assert number(
        f"SELECT count(*) FROM ticket_schema.seats s WHERE event_id = '{event_id}' AND (status = 'reserved') <> (id IN ({confirmed}))") == 0
    # A charge without a confirmed reservation must have been given back.
    orders = {row[0]: row[1] for row in sql(
        "SELECT p.order_id, r.status FROM payment_schema.payments p JOIN ticket_schema.reservations r ON r.id = p.reservation_id "
        f"WHERE r.event_id = '{event_id}'")}
    for entry in ledger():
        if entry["orderId"] in orders and entry["status"] == "DONE":
            assert orders[entry["orderId"]] == "confirmed", entry
