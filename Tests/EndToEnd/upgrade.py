"""An upgrade in the middle of a sale, run by scripts/check-upgrade: TIKETI_PREVIOUS is a built checkout of the version before.

Its services fill the database and sell; this version's migrations are applied under that load; the old version goes on selling on the new
structure; then one instance after the other is replaced, old and new side by side; and nobody notices.
"""

import os
import subprocess

import helpers
import sale
from conftest import ROOT
from devtools import services, settings


def applied():
    return {"/".join(row) for row in helpers.sql("SELECT folder, name FROM public.schema_migrations")}


def test_an_upgrade_costs_no_purchase_and_no_event(system):
    def upgrade(running):
        before = applied()
        # From here on this version's files and executables count.
        del os.environ["TIKETI_PRODUCT"]
        environment = settings.administrator_environment()
        subprocess.run([settings.executable("tiketi"), "migrate"], check=True, env=environment, cwd=ROOT)
        new = applied() - before
        print(f"{len(before)} migrations before, new: {sorted(new)}")
        running.purchases(5 * sale.BUYERS)
        print("the version before sells on the new structure")
        sale.restart_everything()
        running.purchases(5 * sale.BUYERS)
        assert services.is_ready("gateway")

    with sale.copy_with(TIKETI_PRODUCT=os.environ["TIKETI_PREVIOUS"]):
        sale.Sale().run(upgrade)
