"""Ninety connections that register from one address do not keep a customer elsewhere from signing in."""

import http.client
import json
import threading
import time
import uuid

import helpers
from devtools import settings
from devtools.api import API

LOGINS = 60
CROWD, CUSTOMER = "127.0.0.2", "127.0.0.3"


def gateway(source):
    port = int(settings.url("gateway").rsplit(":", 1)[1])
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))


def post(connection, path, body):
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def logins(email, password):
    """The milliseconds of each of the customer's logins, ascending."""
    connection = gateway(CUSTOMER)
    times = []
    for _ in range(LOGINS):
        began = time.monotonic()
        assert post(connection, "/api/auth/login", {"email": email, "password": password}) == 200
        times.append((time.monotonic() - began) * 1000)
    return sorted(times)


def flood(ended, statuses):
    connection = gateway(CROWD)
    while not ended.is_set():
        body = {"email": f"crowd-{uuid.uuid4().hex}@example.com", "password": "correct horse battery", "name": "Crowd"}
        try:
            statuses.append(post(connection, "/api/auth/register", body))
        except (OSError, http.client.HTTPException):
            connection = gateway(CROWD)


def measure(email, password):
    quiet = logins(email, password)
    ended, statuses = threading.Event(), []
    crowd = [threading.Thread(target=flood, args=(ended, statuses)) for _ in range(90)]
    for thread in crowd:
        thread.start()
    helpers.eventually(lambda: len(statuses) >= 10, "the crowd's first answers")
    busy = logins(email, password)
    ended.set()
    for thread in crowd:
        thread.join()
    at = int(LOGINS * 0.99)
    print(f"login p50/p99: quiet {quiet[LOGINS // 2]:.0f}/{quiet[at]:.0f} ms, during the flood {busy[LOGINS // 2]:.0f}/{busy[at]:.0f} ms; "
          f"the crowd got {({status: statuses.count(status) for status in set(statuses)})}")
    return busy[at] / quiet[at]


def test_a_crowd_that_registers_does_not_keep_others_from_signing_in():
    password = "correct horse battery"
    email = API().register(password=password).user["email"]
    ratios = []
    # A busy machine is slow at times for reasons of its own.
    while len(ratios) < 3 and (not ratios or ratios[-1] > 2):
        ratios.append(measure(email, password))
    assert min(ratios) <= 2, ratios
