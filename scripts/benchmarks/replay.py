"""Prepared requests through many connections at once, by the small C client beside this file."""

import json
import pathlib
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).with_name("replay.c")


def build(directory):
    """Compiles the client into `directory`; its path."""
    program = pathlib.Path(directory) / "replay"
    subprocess.run(["cc", "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


def post(path, token, body):
    payload = json.dumps(body, separators=(",", ":")).encode()
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n")
    return head.encode() + payload


def run(program, port, requests, connections, seconds):
    """Sends each request once; the client's figures, latencies in milliseconds."""
    with tempfile.NamedTemporaryFile() as file:
        for request in requests:
            file.write(b"%d\n%s" % (len(request), request))
        file.flush()
        command = [str(program), "127.0.0.1", str(port), str(connections), file.name, str(seconds)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
