"""Starts one private copy of the whole system for the end-to-end tests, and stops it afterwards."""

import os
import pathlib
import subprocess
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A copy of its own beside a developer's, found by every script through the environment.
os.environ.setdefault("TIKETI_PORT_OFFSET", "14000")
HAS_OWN_DATA = "TIKETI_DATA" not in os.environ or os.environ.get("TIKETI_PORT_OFFSET") == "14000"
if HAS_OWN_DATA:
    os.environ["TIKETI_DATA"] = f"/var/tmp/tiketi-e2e-{uuid.uuid4().hex[:12]}"
# Limits meant for one address would stop a test that plays hundreds of buyers from one machine.
os.environ.setdefault("RATE_LIMIT_ENABLED", "false")
# Rows that a test moves in time are found by the next round of the cleaner.
os.environ.setdefault("RESERVATION_CLEANER_INTERVAL_SECONDS", "1")
# A queue's line begins behind a few people, and moves at once.
os.environ.setdefault("TIKETI_WEB_SERVER", "0")
os.environ.setdefault("QUEUE_ACTIVE_LIMIT", "2")
os.environ.setdefault("QUEUE_INTERVAL_SECONDS", "1")


@pytest.fixture(scope="session", autouse=True)
def system(request):
    subprocess.run([ROOT / "scripts/dev", "--detach"], check=True, cwd=ROOT)
    yield
    # The logs of a failure are worth keeping.
    is_wanted = request.session.testsfailed or not HAS_OWN_DATA
    subprocess.run([ROOT / "scripts/dev", "stop" if is_wanted else "clean"], check=True, cwd=ROOT)
