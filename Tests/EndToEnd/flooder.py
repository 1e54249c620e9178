"""A crowd that asks one question as fast as it is answered, in a process of its own: the one who measures must not wait for it.

usage: flooder.py URL CONNECTIONS SOURCE [--register]

Each of CONNECTIONS is kept open, from the address SOURCE. Prints "ready" when there are answers, and the number of each status, as JSON,
when standard input ends.
"""

import collections
import contextlib
import http.client
import json
import subprocess
import sys
import threading
import urllib.parse
import uuid


@contextlib.contextmanager
def flood(url, connections, *options, source="127.0.0.2"):
    """Runs the crowd; the answers by their status are in the dictionary when it has ended."""
    answers = {}
    command = [sys.executable, __file__, url, str(connections), source, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        try:
            assert crowd.stdout.readline() == "ready\n"
            yield answers
            answers.update(json.loads(crowd.communicate(timeout=120)[0]))
        finally:
            crowd.kill()


class Crowd:
    def __init__(self, url, source, registers):
        self.parts = urllib.parse.urlsplit(url)
        self.source, self.registers = source, registers
        self.path = self.parts.path + ("?" + self.parts.query if self.parts.query else "")
        self.over, self.statuses, self.lock = threading.Event(), collections.Counter(), threading.Lock()
        self.answered = threading.Event()

    def ask(self, connection):
        if self.registers:
            body = {"email": f"crowd-{uuid.uuid4().hex}@example.com", "password": "correct horse battery", "name": "Crowd"}
            connection.request("POST", self.path, json.dumps(body), {"Content-Type": "application/json"})
        else:
            connection.request("GET", self.path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def run(self):
        connection = None
        while not self.over.is_set():
            if connection is None:
                connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=60, source_address=(self.source, 0))
            try:
                status = self.ask(connection)
            except (OSError, http.client.HTTPException) as error:
                status, connection = type(error).__name__, None
            with self.lock:
                self.statuses[status] += 1
                if self.statuses.total() >= 10:
                    self.answered.set()


def main():
    url, connections, source = sys.argv[1:4]
    crowd = Crowd(url, source, "--register" in sys.argv)
    threads = [threading.Thread(target=crowd.run) for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    crowd.answered.wait()
    print("ready", flush=True)
    sys.stdin.read()
    crowd.over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(crowd.statuses))


if __name__ == "__main__":
    main()
