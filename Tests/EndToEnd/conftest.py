"""Starts one private copy of the whole system for the end-to-end tests, and stops it afterwards."""

import os
import pathlib
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A copy of its own beside a developer's, found by every script through the environment.
os.environ.setdefault("TIKETI_PORT_OFFSET", "14000")
if "TIKETI_DATA" not in os.environ or os.environ.get("TIKETI_PORT_OFFSET") == "14000":
    os.environ["TIKETI_DATA"] = tempfile.mkdtemp(prefix="tiketi-e2e-", dir="/var/tmp")
# Limits meant for one address would stop a test that plays hundreds of buyers from one machine.
os.environ.setdefault("RATE_LIMIT_ENABLED", "false")
# Rows that a test moves in time are found by the next round of the cleaner.
os.environ.setdefault("RESERVATION_CLEANER_INTERVAL_SECONDS", "1")
# A queue's line begins behind a few people, and moves at once.
os.environ.setdefault("QUEUE_ACTIVE_LIMIT", "2")
os.environ.setdefault("QUEUE_INTERVAL_SECONDS", "1")


@pytest.fixture(scope="session", autouse=True)
def system():
    subprocess.run([ROOT / "scripts/dev", "--detach"], check=True, cwd=ROOT)
    yield
    subprocess.run([ROOT / "scripts/dev", "stop"], check=True, cwd=ROOT)
