"""A crowd that joins a waiting queue through two ticket instances, asks for its place like browsers do, and leaves when it was let in."""

import asyncio
import random
import time
import uuid

import helpers
from wire import Connection, Lost, NotSent


class Waiter:
    __slots__ = ("id", "token", "queue", "sent", "answered", "status", "admitted", "joins", "positions")

    def __init__(self):
        self.id = str(uuid.uuid4())
        self.token = helpers.token(self.id)
        self.queue = None
        # Of the join that made the present place.
        self.sent = self.answered = 0.0
        self.status = None
        self.admitted = None
        self.joins = 0
        self.positions = []


class Crowd:
    """`lanes` requests are under way at a time; each lane has its connections to both instances."""

    def __init__(self, ports, event, size, lanes=64, seed=0):
        self.event = event
        self.random = random.Random(seed)
        self.waiters = [Waiter() for _ in range(size)]
        self.lanes = [[Connection(port) for port in ports] for _ in range(lanes)]
        self.problems = []
        self.closed = self.lost = self.requests = 0

    async def call(self, lane, method, path, body, token):
        """One answer, whatever dies meanwhile; joining, asking and leaving may all be repeated."""
        for attempt in range(2000):
            connection = lane[(self.random.random() < 0.5) ^ (attempt % 2 == 1)]
            self.requests += 1
            try:
                answer = await connection.call(method, path, body, token)
            except NotSent:
                await asyncio.sleep(0.02)
                continue
            except Lost:
                self.lost += 1
                continue
            if answer.status == 503:
                self.closed += 1
                if not answer.header("Retry-After"):
                    self.problems.append("503 without Retry-After")
                await asyncio.sleep(0.1)
                continue
            return answer
        raise AssertionError(f"{method} {path}: nobody answers")

    async def join(self, lane, waiter):
        waiter.sent = time.time()
        answer = await self.call(lane, "POST", "/api/queue", {"eventId": self.event}, waiter.token)
        waiter.answered = time.time()
        if answer.status != 200:
            self.problems.append(f"join answered {answer.status} {answer.text[:200]}")
            return
        waiter.joins += 1
        self.note(waiter, answer.json)

    async def join_again(self, lane, waiter):
        """The place stays the same, and so does the time it was taken at."""
        sent, answered = waiter.sent, waiter.answered
        if waiter.status == "waiting":
            await self.join(lane, waiter)
            waiter.sent, waiter.answered = sent, answered

    def note(self, waiter, data):
        if waiter.queue and waiter.queue != data["queueId"] and waiter.status != "gone":
            self.problems.append(f"the place {waiter.queue} became {data['queueId']}")
        waiter.queue, waiter.status = data["queueId"], data["status"]
        if data["status"] == "waiting":
            waiter.positions.append(data["position"])
        if data["status"] == "admitted" and waiter.admitted is None:
            waiter.admitted = time.time()

    async def ask(self, lane, waiter):
        answer = await self.call(lane, "GET", f"/api/queue/position/{waiter.queue}", None, waiter.token)
        if answer.status == 404:
            # Redis was wiped: a browser joins again.
            waiter.status = "gone"
            await self.join(lane, waiter)
        elif answer.status == 200:
            self.note(waiter, answer.json)
        else:
            self.problems.append(f"position answered {answer.status} {answer.text[:200]}")

    async def leave(self, lane, waiter):
        answer = await self.call(lane, "DELETE", f"/api/queue/{waiter.queue}", None, waiter.token)
        if answer.status not in (200, 404):
            self.problems.append(f"leave answered {answer.status} {answer.text[:200]}")
        waiter.status = "left"

    async def each(self, waiters, action):
        """Does something for everybody, as many at a time as there are lanes."""
        left = iter(waiters)

        async def work(lane):
            for waiter in left:
                await action(lane, waiter)

        await asyncio.gather(*(work(lane) for lane in self.lanes))

    async def once(self, waiters, action):
        """`each` in an event loop of its own."""
        await self.each(waiters, action)
        self.close()

    async def until_admitted(self, waiters, seconds, leave_share=1.0):
        """Everybody asks again and again until let in; then most leave and make room, the others' admissions end by the clock."""
        deadline = time.monotonic() + seconds
        waiting = [waiter for waiter in waiters if waiter.status != "left"]
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} of {len(waiters)} were not let in within {seconds} s"
            inside = [waiter for waiter in waiting if waiter.status in ("admitted", "ended")]
            leaving = [waiter for waiter in inside if waiter.status == "admitted" and self.random.random() < leave_share]
            await self.each(leaving, self.leave)
            done = set(map(id, inside))
            waiting = [waiter for waiter in waiting if id(waiter) not in done]
            if waiting:
                await self.each(self.random.sample(waiting, min(len(waiting), 600)), self.ask)
                # The rest learns from the books who was let in: asking for each of many thousands in every round would only heat the
                # machine.
                let_in = {row[0] for row in await asyncio.to_thread(
                    helpers.sql, f"SELECT user_id FROM ticket_schema.queue_admissions WHERE event_id = '{self.event}'")}
                for waiter in waiting:
                    if waiter.id in let_in and waiter.status == "waiting":
                        waiter.status = "admitted"

    def close(self):
        for lane in self.lanes:
            for connection in lane:
                connection.close()


LOG = """
CREATE TABLE IF NOT EXISTS ticket_schema.admission_log (
    number bigserial, event_id uuid, user_id uuid, queue_id uuid, at timestamptz DEFAULT clock_timestamp());
GRANT ALL ON ticket_schema.admission_log TO PUBLIC;
GRANT USAGE ON SEQUENCE ticket_schema.admission_log_number_seq TO PUBLIC;
CREATE OR REPLACE FUNCTION ticket_schema.log_admission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_schema.admission_log (event_id, user_id, queue_id) VALUES (NEW.event_id, NEW.user_id, NEW.queue_id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER log_admission AFTER INSERT OR UPDATE OF admitted_at ON ticket_schema.queue_admissions
    FOR EACH ROW EXECUTE FUNCTION ticket_schema.log_admission();
"""
UNLOG = """
DROP TRIGGER IF EXISTS log_admission ON ticket_schema.queue_admissions;
DROP FUNCTION IF EXISTS ticket_schema.log_admission();
DROP TABLE IF EXISTS ticket_schema.admission_log;
"""


def admissions(event):
    """(user, queue id, begin, end) of everybody let in, in the order in which they were."""
    return [(row[0], row[1], float(row[2]), float(row[3])) for row in helpers.sql(
        "SELECT user_id, queue_id, extract(epoch FROM admitted_at), extract(epoch FROM least(ended_at, expires_at)) "
        f"FROM ticket_schema.queue_admissions WHERE event_id = '{event}' ORDER BY admitted_at")]


def most_inside(rows):
    """The largest number of people inside at the same time."""
    steps = sorted([(begin, 1) for _, _, begin, end in rows if end > begin] + [(end, -1) for _, _, begin, end in rows if end > begin])
    inside = most = 0
    for _, step in steps:
        inside += step
        most = max(most, inside)
    return most


def out_of_order(rows, waiters):
    """Pairs where somebody who certainly came first was let in later. Joins that overlap in time have no order of their own."""
    by_id = {waiter.id: waiter for waiter in waiters}
    first_answer_later = float("inf")
    found = []
    index = len(rows)
    while index > 0:
        begin = rows[index - 1][2]
        same = index
        while same > 0 and rows[same - 1][2] == begin:
            same -= 1
        for user, _, _, _ in rows[same:index]:
            if first_answer_later < by_id[user].sent:
                found.append(user)
        first_answer_later = min([first_answer_later, *(by_id[user].answered for user, _, _, _ in rows[same:index])])
        index = same
    return found
