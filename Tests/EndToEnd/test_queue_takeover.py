"""A ticket instance that stands still: the other one lets people in, and nobody waits for it longer than two intervals."""

import asyncio
import random
import time

import helpers
import queue_crowd
from queue_crowd import Crowd
from test_queue import queued_event
from ticket_pair import TicketPair

# Long enough that what a busy machine adds does not look like a third interval.
INTERVAL = 2


def begins(event):
    """When batches were let in, without those who found room as they came."""
    rows = queue_crowd.admissions(event)
    return sorted({begin for _, _, begin, _ in rows if begin > rows[0][2] + 1.5})


def test_another_takes_over_within_two_intervals():
    """One of two instances stands still, with whatever locks it has; nobody waits longer than two intervals for the other."""
    with TicketPair(
        "takeover", QUEUE_INTERVAL_SECONDS=INTERVAL, QUEUE_BATCH_SIZE=1, QUEUE_ACTIVE_LIMIT=10, QUEUE_ADMISSION_SECONDS=2
    ) as pair:
        event = queued_event(pair)
        crowd = Crowd(pair.ports, event, 40)
        asyncio.run(crowd.once(crowd.waiters, crowd.join))
        chance = random.Random(3)
        for _ in range(3):
            frozen = chance.choice(pair.processes)
            batches = len(begins(event))
            # Right behind a batch, or somewhere between two.
            helpers.eventually(lambda: len(begins(event)) > batches, "a batch", 10 * INTERVAL)
            time.sleep(chance.uniform(0.0, INTERVAL))
            batches = len(begins(event))
            frozen.freeze()
            # The second of them cannot have been under way before.
            helpers.eventually(lambda: len(begins(event)) >= batches + 2, "batches of the other instance", 10 * INTERVAL)
            frozen.thaw()
        # Whoever found room came in at once; the others followed one by one, as the short admissions ended.
        moments = begins(event)
        gaps = [after - before for before, after in zip(moments[1:], moments[2:])]
        print(f"\nlongest pause between batches {max(gaps):.2f} s, intervals of {INTERVAL} s")
        assert max(gaps) < 2.75 * INTERVAL, gaps
