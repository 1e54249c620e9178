"""A small asyncio HTTP client for tests that send hundreds of requests a second: one kept connection for each instance and worker."""

import asyncio
import json
import re

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class NotSent(Exception):
    """The request certainly never reached the service: nobody listens."""


class Lost(Exception):
    """The connection broke before the answer: the request may or may not have had its effect."""


class Hung(Exception):
    """No answer in time, though the connection stands: what a client must never meet."""


class Answer:
    __slots__ = ("status", "head", "text")

    def __init__(self, status, head, text):
        self.status, self.head, self.text = status, head, text

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        try:
            return self.json.get("code")
        except ValueError:
            return None

    def header(self, name):
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found.group(1).decode() if found else None


class Connection:
    """One connection, opened when needed. Not for two requests at a time."""

    def __init__(self, port, seconds=20):
        self.port = port
        self.seconds = seconds
        self.reader = self.writer = None

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def call(self, method, path, body=None, token=None, headers=()):
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: test"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if self.writer is None:
            try:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
            except OSError as error:
                raise NotSent(str(error)) from error
        try:
            self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)
            return await asyncio.wait_for(self.answer(), self.seconds)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Lost(repr(error)) from error
        except asyncio.TimeoutError as error:
            self.close()
            raise Hung(f"{method} {path}: no answer within {self.seconds} s") from error

    async def answer(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = LENGTH.search(head)
        text = await self.reader.readexactly(int(length.group(1))) if length else b""
        return Answer(status, head, text)
