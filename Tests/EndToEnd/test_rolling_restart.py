"""A new version rolls out in the middle of a sale: two instances of every service, restarted one after the other under load. No purchase
fails, and
whoever follows the seat map over Socket.IO, reconnecting when its hub goes, sees every change. TIKETI_ROLLING_ROUNDS repeats it.
"""

import os

import sale

ROUNDS = int(os.environ.get("TIKETI_ROLLING_ROUNDS", "1"))


def test_a_rollout_costs_no_purchase_and_no_event(system):
    def roll(running):
        for _ in range(ROUNDS):
            sale.restart_everything()
            running.purchases(sale.BUYERS)

    with sale.copy_with():
        sale.Sale().run(roll)
