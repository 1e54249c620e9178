"""A ticket instance that stands still: the other one lets people in, and nobody waits for it longer than two intervals."""

import asyncio
import random
import time

import queue_crowd
from queue_crowd import Crowd
from test_queue import queued_event
from ticket_pair import TicketPair


def test_another_takes_over_within_two_intervals():
    """One of two instances stands still, with whatever locks it has; nobody waits longer than two intervals for the other."""
    with TicketPair("takeover", QUEUE_INTERVAL_SECONDS=1, QUEUE_BATCH_SIZE=1, QUEUE_ACTIVE_LIMIT=10, QUEUE_ADMISSION_SECONDS=2) as pair:
        event = queued_event(pair)
        crowd = Crowd(pair.ports, event, 40)
        asyncio.run(crowd.once(crowd.waiters, crowd.join))
        chance = random.Random(3)
        for _ in range(3):
            frozen = chance.choice(pair.processes)
            time.sleep(chance.uniform(0.0, 1.0))
            frozen.freeze()
            time.sleep(3.5)
            frozen.thaw()
        # Whoever found room came in at once; the others followed one by one, as the short admissions ended.
        rows = queue_crowd.admissions(event)
        begins = sorted({begin for _, _, begin, _ in rows if begin > rows[0][2] + 1.5})
        gaps = [after - before for before, after in zip(begins[1:], begins[2:])]
        print(f"\nlongest pause between batches {max(gaps):.2f} s")
        assert max(gaps) < 2.3, gaps
