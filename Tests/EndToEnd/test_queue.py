"""The waiting queue with two ticket instances and kills at random: order, capacity, the draw, the gate, and a Redis that is lost.

QUEUE_JOINERS (800) sets the size of the crowd.
"""

import asyncio
import datetime
import json
import os
import random
import subprocess
import time
import urllib.request
import uuid

import helpers
import pytest
import queue_crowd
from conftest import ROOT
from devtools.api import API
from queue_crowd import Crowd
from ticket_pair import TicketPair

JOINERS = int(os.environ.get("QUEUE_JOINERS", "800"))
LIMIT = max(100, JOINERS // 10)
BATCH = max(50, JOINERS // 20)
ADMISSION = 4


@pytest.fixture(scope="module")
def pair():
    with TicketPair(
        "queue", QUEUE_INTERVAL_SECONDS=1, QUEUE_BATCH_SIZE=BATCH, QUEUE_ACTIVE_LIMIT=LIMIT, QUEUE_ADMISSION_SECONDS=ADMISSION
    ) as pair:
        helpers.sql(queue_crowd.LOG)
        yield pair
        helpers.sql(queue_crowd.UNLOG)


def internal(pair, method, path, body=None):
    api = API(f"http://127.0.0.1:{pair.ports[0]}", token=helpers.settings.SECRETS["INTERNAL_API_TOKEN"])
    return api.expect(method, path, body)


def queued_event(pair, opens=-60, seats=20):
    def at(seconds):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    return internal(
        pair,
        "POST",
        "/internal/events",
        {
            "title": f"Queue {uuid.uuid4().hex[:8]}",
            "venue": "Hall",
            "eventDate": at(86400 * 3),
            "saleStartDate": at(opens),
            "saleEndDate": at(86400),
            "queueEnabled": True,
            "createdBy": str(uuid.uuid4()),
            "seatLayout": {"sections": [{"name": "A", "rows": 1, "seatsPerRow": seats, "price": 1000}]},
        },
    )["event"]["id"]


async def kill_sometimes(pair, chance, over, kills):
    """kill -9 of either instance; one always lives."""
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        process = chance.choice(pair.processes)
        process.kill()
        kills.append(process.name)
        await asyncio.sleep(chance.uniform(0, 0.5))
        process.start()
        await asyncio.to_thread(process.wait_ready)


async def open_now(crowd):
    """The sale begins in a moment, and the lobby is drawn: its seed is published."""
    lane = crowd.lanes[0]
    opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    body = {"saleStartDate": opens.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    answer = await crowd.call(lane, "PUT", f"/internal/events/{crowd.event}", body, helpers.settings.SECRETS["INTERNAL_API_TOKEN"])
    assert answer.status == 200, answer.text

    async def drawn():
        answer = await crowd.call(lane, "GET", f"/api/queue/{crowd.event}/proof", None, None)
        return answer.json["seed"] is not None
    await helpers.eventually_async(drawn, "the draw")


def failed_rounds(pair):
    """Rounds of the queue's job that failed, of both instances."""
    series = 'tiketi_job_failures_total{job="queue"} '
    count = 0
    for port in pair.ports:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            count += sum(int(float(line.removeprefix(series))) for line in answer.read().decode().splitlines() if line.startswith(series))
    return count


def with_kills(pair, work):
    """Runs the coroutine while instances die; returns how many did."""
    async def both():
        over, kills = asyncio.Event(), []
        killer = asyncio.ensure_future(kill_sometimes(pair, random.Random(1), over, kills))
        try:
            await work
        finally:
            over.set()
            await killer
        return kills

    return len(asyncio.run(both()))


def check_admissions(event, crowd):
    rows = queue_crowd.admissions(event)
    assert not crowd.problems, crowd.problems[:5]
    assert len(rows) == len(crowd.waiters)
    twice = helpers.sql(
        f"SELECT user_id FROM ticket_schema.admission_log WHERE event_id = '{event}' GROUP BY user_id HAVING count(*) <> 1")
    assert twice == [], f"{len(twice)} people were not let in exactly once"
    assert {row[1] for row in rows} == {waiter.queue for waiter in crowd.waiters}
    assert queue_crowd.most_inside(rows) <= LIMIT
    return rows


def test_everybody_is_let_in_once_in_order_and_never_too_many(pair):
    event = queued_event(pair)
    crowd = Crowd(pair.ports, event, JOINERS)

    async def work():
        joining = asyncio.ensure_future(crowd.each(crowd.waiters, crowd.join))
        await joining
        # Joining again keeps the place; those who came last wait still.
        await crowd.each(crowd.waiters[-50:], crowd.join_again)
        await crowd.until_admitted(crowd.waiters, seconds=60 + JOINERS / 50, leave_share=0.5)
        crowd.close()

    began = time.monotonic()
    kills = with_kills(pair, work())
    rows = check_admissions(event, crowd)
    assert queue_crowd.out_of_order(rows, crowd.waiters) == []
    print(
        f"\n{JOINERS} let in within {time.monotonic() - began:.1f} s, at most {queue_crowd.most_inside(rows)} of {LIMIT} inside, "
        f"{kills} kills, "
        f"{crowd.requests} requests, {crowd.lost} lost answers"
    )
    assert kills


def test_the_draw_is_the_seeds_and_anybody_can_check_it(pair):
    # Far away until everybody is in the lobby, however slow the machine.
    event = queued_event(pair, opens=3600)
    crowd = Crowd(pair.ports, event, max(200, JOINERS // 4))
    detail = API(f"http://127.0.0.1:{pair.ports[1]}").get(f"/api/events/{event}")["event"]
    before = API(f"http://127.0.0.1:{pair.ports[1]}").get(f"/api/queue/{event}/proof")
    assert detail["queueCommitment"] == before["commitment"] and before["seed"] is None and before["entries"] == []
    early = crowd.waiters[: len(crowd.waiters) * 9 // 10]
    late = crowd.waiters[len(early):]

    async def work():
        await crowd.each(early, crowd.join)
        assert all(waiter.status == "lobby" for waiter in early)
        # Two give up before the draw.
        await crowd.each(early[:2], crowd.leave)
        await open_now(crowd)
        await crowd.each(late, crowd.join)
        await crowd.until_admitted(crowd.waiters[2:], seconds=90 + JOINERS / 100)
        crowd.close()

    kills = with_kills(pair, work())
    crowd.waiters = crowd.waiters[2:]
    rows = check_admissions(event, crowd)
    proof_url = f"http://127.0.0.1:{pair.ports[0]}/api/queue/{event}/proof"
    run = subprocess.run(
        [ROOT / "scripts/verify-draw", proof_url, "--json", "--commitment", before["commitment"]], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    drawn = json.loads(run.stdout)
    assert set(drawn) == {waiter.queue for waiter in early[2:]}
    # Let in in the order of the draw, those who came later after all of them.
    place = {queue: number for number, queue in enumerate(drawn)}
    groups = {}
    for _, queue, begin, _ in rows:
        groups.setdefault(begin, []).append(place.get(queue, len(drawn)))
    order = [sorted(groups[begin]) for begin in sorted(groups)]
    assert sum(order, []) == sorted(sum(order, [])), "not in the order of the draw"
    print(f"\n{len(drawn)} drawn, {len(late)} later, {kills} kills")


def test_verify_draw_tells_right_from_wrong(tmp_path):
    entries = sorted(str(uuid.uuid4()) for _ in range(20))
    seed = os.urandom(32)
    good = {"commitment": __import__("hashlib").sha256(seed).hexdigest(), "seed": seed.hex(), "entries": entries}

    def verify(proof, *arguments):
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(proof))
        return subprocess.run([ROOT / "scripts/verify-draw", file, *arguments], capture_output=True, text=True)

    assert verify(good).returncode == 0
    assert verify(good, entries[3]).stdout.split()[1] == entries[3]
    assert verify(good, str(uuid.uuid4())).returncode == 1
    assert verify(good, "--commitment", "00" * 32).returncode == 1
    assert verify({**good, "seed": os.urandom(32).hex()}).returncode == 1
    assert verify({**good, "seed": "zz"}).returncode == 1
    assert verify({**good, "entries": entries + entries[:1]}).returncode == 1
    assert verify({**good, "entries": entries[::-1]}).returncode == 1
    assert verify({**good, "entries": ["x"]}).returncode == 1
    assert verify({**good, "seed": None}).returncode == 2
    assert verify([]).returncode == 2
    assert subprocess.run([ROOT / "scripts/verify-draw", "--help"], capture_output=True).returncode == 0


def test_only_a_running_admission_of_ones_own_passes(pair):
    event = queued_event(pair)
    api = API(f"http://127.0.0.1:{pair.ports[0]}")
    seats = [seat["id"] for seat in api.get(f"/api/seats/{event}")["seats"]]

    def someone():
        user = str(uuid.uuid4())
        return API(f"http://127.0.0.1:{pair.ports[1]}", token=helpers.token(user))

    def hold(buyer, seat):
        status, _, answer = buyer.call("POST", "/api/seats/reserve", {"seatIds": [seat]})
        return status, answer.get("code")

    inside, stranger = someone(), someone()
    place = inside.post("/api/queue", {"eventId": event})
    assert place["status"] == "admitted"
    assert hold(inside, seats[0]) == (200, None)
    assert hold(stranger, seats[1]) == (403, "QUEUE_REQUIRED")
    status, _, answer = stranger.call("POST", "/api/reservations", {"eventId": event, "seatIds": [seats[1]]})
    assert (status, answer["code"]) == (403, "QUEUE_REQUIRED")
    # Somebody else's place: neither its state nor its use.
    assert stranger.call("GET", f"/api/queue/position/{place['queueId']}")[0] == 404
    assert stranger.call("DELETE", f"/api/queue/{place['queueId']}")[0] == 404
    assert hold(inside, seats[1]) == (200, None)
    # A token of one's own making.
    forged = API(inside.base, token=inside.token[:-4] + "AAAA")
    assert hold(forged, seats[2]) == (401, "INVALID_TOKEN")
    for field in ("queueId", "admission", "admitted"):
        status, _, answer = stranger.call("POST", "/api/seats/reserve", {"seatIds": [seats[2]], field: place["queueId"]})
        assert status in (400, 403), answer
    # An admission to another event.
    other = queued_event(pair)
    other_seat = api.get(f"/api/seats/{other}")["seats"][0]["id"]
    assert hold(inside, other_seat) == (403, "QUEUE_REQUIRED")
    # After its time, and never again by the same place; what was held stays held.
    helpers.eventually(lambda: inside.get(f"/api/queue/position/{place['queueId']}")["status"] == "ended", "the admission to end")
    assert hold(inside, seats[3]) == (403, "QUEUE_REQUIRED")
    assert hold(inside, seats[0]) == (200, None)
    again = inside.post("/api/queue", {"eventId": event})
    assert again["status"] == "admitted" and again["queueId"] != place["queueId"]
    inside.expect("DELETE", f"/api/queue/{again['queueId']}")
    assert hold(inside, seats[3]) == (403, "QUEUE_REQUIRED")


def test_without_redis_the_gate_is_closed_and_clients_join_again(pair):
    event = queued_event(pair)
    seat = API(f"http://127.0.0.1:{pair.ports[0]}").get(f"/api/seats/{event}")["seats"][0]["id"]
    crowd = Crowd(pair.ports, event, LIMIT + 100, lanes=32)
    asyncio.run(crowd.once(crowd.waiters, crowd.join))
    subprocess.run([ROOT / "scripts/dev", "kill", "redis"], check=True, cwd=ROOT)
    try:
        admitted_before = {row[0] for row in queue_crowd.admissions(event)}
        stranger = API(f"http://127.0.0.1:{pair.ports[0]}", token=helpers.token(str(uuid.uuid4())))
        status, headers, answer = stranger.call("POST", "/api/queue", {"eventId": event})
        assert status == 503 and headers["Retry-After"] and answer["code"] == "UNAVAILABLE"
        status, _, answer = stranger.call("POST", "/api/seats/reserve", {"seatIds": [seat]})
        assert (status, answer["code"]) == (403, "QUEUE_REQUIRED")
        # Rounds pass, and nobody is let in blindly.
        failed = failed_rounds(pair)
        helpers.eventually(lambda: failed_rounds(pair) >= failed + 2, "two rounds without Redis")
        assert {row[0] for row in queue_crowd.admissions(event)} == admitted_before
    finally:
        subprocess.run([ROOT / "scripts/dev", "start", "redis"], check=True, cwd=ROOT)

    async def again():
        await crowd.until_admitted(crowd.waiters, seconds=90)
        crowd.close()

    asyncio.run(again())
    assert not crowd.problems, crowd.problems[:5]
    rows = queue_crowd.admissions(event)
    assert len(rows) == len(crowd.waiters) and queue_crowd.most_inside(rows) <= LIMIT
    assert any(waiter.joins > 1 for waiter in crowd.waiters)
