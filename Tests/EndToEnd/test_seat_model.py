"""Random sales against a model: two ticket instances, 64 workers, kill -9 and FLUSHALL at random.

MODEL_OPERATIONS (5000) sets the number of requests, MODEL_SEED the random choices: they repeat, the interleaving does not.
"""

import asyncio
import os
import random
import time

from seat_model.world import World
from ticket_pair import TicketPair


def test_every_answer_and_every_pause_agree_with_the_model():
    operations = int(os.environ.get("MODEL_OPERATIONS", "5000"))
    seed = int(os.environ.get("MODEL_SEED", random.randrange(1 << 32)))
    hold, lease = 4, 2
    with TicketPair("model", HOLD_SECONDS=hold) as pair:
        world = World(pair, operations, seed, hold, lease, pause_every=4.0 if operations < 50_000 else 15.0)
        began = time.monotonic()
        asyncio.run(world.run(calm_share=0.3))
        took = time.monotonic() - began
    print(
        f"\n{world.requests} requests in {took:.1f} s ({world.requests / took:.0f}/s), seed {seed}: {world.kills} kills, "
        f"{world.flushes} flushes, "
        f"{world.lost} lost answers, {world.pauses} pauses, {len(world.past)} events ended, {world.told} messages checked, "
        f"{world.repaired} maps made from what changed"
    )
    for name, times in sorted(world.answers.items()):
        times.sort()
        print(f"  {len(times):7} {name:60} median {times[len(times) // 2] * 1000:.0f} ms, most {times[-1] * 1000:.0f} ms")
    assert not world.violations, [str(violation) for violation in world.violations[:10]]
    assert world.kills and world.flushes and world.lost, "nothing was disturbed"
    assert world.repaired, "no map was made from what changed"
