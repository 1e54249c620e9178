"""Exercises a Socket.IO server with the real python-socketio client, over polling, WebSocket and the upgrade between them.

usage: socketio_client.py BASE_URL TOKEN [--event ID] [--redis URL] [--echo URL]...

BASE_URL  realtime, or the gateway in front of it       TOKEN  a valid access token
--event   an existing event: joins are tried            --redis  where services publish: broadcasts are tried
--echo    a hub with REALTIME_CONFORMANCE=true that pings every few seconds, or a gateway before such: messages, binary and
          acknowledgements are tried

Prints a line for each check and exits with 1 when one failed.
"""

import argparse
import asyncio
import base64
import json
import sys
import uuid

import engineio.packet
import msgpack
import redis.asyncio as redis
import socketio

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
failures = 0


def check(name, passed, detail=""):
    global failures
    if not passed:
        failures += 1
    print(("PASS  " if passed else "FAIL  ") + name + ("" if passed or not detail else f": {detail}"), flush=True)


class Client:
    """A client that keeps what it receives."""

    def __init__(self, namespace="/"):
        self.sio = socketio.AsyncClient(reconnection=False)
        self.namespace = namespace
        self.received = asyncio.Queue()
        self.error = None
        self.disconnected = asyncio.Event()
        self.sio.on("*", self.on_event, namespace=namespace)
        self.sio.on("connect_error", self.on_error, namespace=namespace)
        self.sio.on("disconnect", self.on_disconnect, namespace=namespace)

    async def on_event(self, event, *arguments):
        await self.received.put((event, list(arguments)))

    async def on_error(self, data=None):
        self.error = data.get("message") if isinstance(data, dict) else data

    async def on_disconnect(self, *_):
        self.disconnected.set()

    async def connect(self, url, transports, auth=None):
        await self.sio.connect(url, transports=transports, auth=auth, namespaces=[self.namespace], wait_timeout=30)

    async def heartbeats(self, count):
        """Returns when that many pings were answered."""
        answered, send = asyncio.Semaphore(0), self.sio.eio._send_packet

        async def counted(packet):
            await send(packet)
            if packet.packet_type == engineio.packet.PONG:
                answered.release()
        self.sio.eio._send_packet = counted
        for _ in range(count):
            await asyncio.wait_for(answered.acquire(), 30)
        self.sio.eio._send_packet = send

    async def next(self, timeout=30):
        return await asyncio.wait_for(self.received.get(), timeout)

    async def call(self, event, *data, timeout=10):
        payload = data[0] if len(data) == 1 else tuple(data)
        return await self.sio.call(event, payload, namespace=self.namespace, timeout=timeout)

    async def emit(self, event, *data):
        payload = data[0] if len(data) == 1 else tuple(data)
        await self.sio.emit(event, payload, namespace=self.namespace)

    async def close(self):
        await self.sio.disconnect()


async def refused(url, transports, auth, message):
    client = Client()
    try:
        await client.connect(url, transports, auth)
        await client.close()
        return False, "connected"
    except socketio.exceptions.ConnectionError as error:
        return (client.error or str(error)) == message, f"{client.error!r} {error}"


def classic(event, data, rooms):
    """One broadcast as @socket.io/redis-emitter publishes it."""
    packet = {"type": 2, "data": [event, *data], "nsp": "/"}
    body = msgpack.packb(["emitter", packet, {"rooms": rooms, "flags": {}, "except": []}], use_bin_type=True)
    return f"socket.io#/#{rooms[0]}#" if len(rooms) == 1 else "socket.io#/#", body


def user_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["userId"]


async def live(name, transports, arguments):
    url, token = arguments.url, arguments.token
    ok, detail = await refused(url, transports, None, "Authentication error")
    check(f"{name}: without a token", ok, detail)
    ok, detail = await refused(url, transports, {"token": "junk"}, "Invalid token")
    check(f"{name}: with a bad token", ok, detail)

    client = Client()
    await client.connect(url, transports, {"token": token})
    check(f"{name}: connects", client.sio.connected)
    if name == "upgrade":
        check(f"{name}: ends on websocket", client.sio.transport() == "websocket", client.sio.transport())
    answer = await client.call("join-event", "nonsense")
    check(f"{name}: refuses a malformed id", answer.get("success") is False and answer.get("code") == "VALIDATION_FAILED", answer)
    if arguments.event:
        answer = await client.call("join-seat-selection", arguments.event)
        check(f"{name}: joins a seat map", answer.get("success") is True and isinstance(answer.get("version"), int), answer)
        answer = await client.call("join-event", {"eventId": arguments.event})
        check(f"{name}: joins an event", answer.get("success") is True, answer)
        answer = await client.call("join-event", str(uuid.uuid4()))
        check(f"{name}: refuses an unknown event", answer.get("success") is False and answer.get("code") == "NOT_FOUND", answer)
        answer = await client.call("leave-event", arguments.event)
        check(f"{name}: leaves an event", answer == {"success": True}, answer)
    if arguments.redis:
        server = redis.from_url(arguments.redis)
        user = user_of(token)
        messages = [
            ("reservation-expired", [{"reservationId": "1", "message": "만료되었습니다"}], [user]),
            ("binary", [b"\x00\x01\xff", {"deep": [b"abc"]}, 7], [user]),
            ("everybody", [1, "two", None, [True]], []),
        ]
        if arguments.event:
            seat = {"seatId": "s", "userId": None, "eventId": arguments.event, "status": "locked", "version": 2, "count": 1}
            messages.append(("seat-reserved", [seat], [f"seats:{arguments.event}"]))
        for event, data, rooms in messages:
            await server.publish(*classic(event, data, rooms))
        for event, data, rooms in messages:
            received = await client.next()
            check(f"{name}: receives {event}", received == (event, data), received)
        await server.aclose()
    await client.close()


async def echo(name, transports, url):
    client = Client()
    await client.connect(url, transports, {"token": "123"})
    first = await client.next()
    check(f"{name}: auth arrives", first == ("auth", [{"token": "123"}]), first)
    samples = [("text", ["plain", "한국어 🎫", 1, {"3": [True]}]), ("binary", [b"\x01\x02\x03", {"in": b"\x04"}]), ("large", ["x" * 400_000])]
    for label, data in samples:
        await client.emit("message", *data)
        received = await client.next()
        check(f"{name}: {label} comes back", received == ("message-back", data), str(received)[:200])
        answer = await client.call("message-with-ack", *data)
        expected = data[0] if len(data) == 1 else data
        check(
            f"{name}: {label} is acknowledged",
            (list(answer) if isinstance(answer, (tuple, list)) else answer) == expected,
            str(answer)[:200],
        )
    client.sio.on("question", lambda *data: (data[0], b"answer"), namespace="/")
    await client.emit("ask-me", "why")
    received = await client.next()
    check(f"{name}: acknowledges to the server", received == ("answered", ["why", b"answer"]), received)
    for index in range(300):
        await client.emit("message", index)
    seen = [(await client.next())[1][0] for _ in range(300)]
    check(f"{name}: 300 messages stay in order", seen == list(range(300)), str(seen)[:200])
    await client.heartbeats(3)
    check(f"{name}: survives heartbeats", client.sio.connected)
    await client.emit("message", "still here")
    check(f"{name}: goes on after heartbeats", (await client.next())[1] == ["still here"])
    await client.close()
    custom = Client("/custom")
    await custom.connect(url, transports)
    check(f"{name}: other namespace", (await custom.next()) == ("auth", [{}]))
    await custom.close()
    unknown = Client("/unknown")
    try:
        await unknown.connect(url, transports)
        check(f"{name}: unknown namespace is refused", False, "connected")
    except socketio.exceptions.ConnectionError:
        check(f"{name}: unknown namespace is refused", unknown.error == "Invalid namespace", unknown.error)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--event")
    parser.add_argument("--redis")
    parser.add_argument("--echo", action="append", default=[])
    arguments = parser.parse_args()
    for name, transports in TRANSPORTS.items():
        parts = [live(name, transports, arguments), *(echo(f"echo {name} {url}", transports, url) for url in arguments.echo)]
        for part in parts:
            try:
                await asyncio.wait_for(part, 60)
            except Exception as error:  # every surprise is a failed check, not the end of the others
                check(f"{name}: runs to its end", False, f"{type(error).__name__} {error}")
    print(f"{failures} failed" if failures else "all passed")
    sys.exit(1 if failures else 0)


asyncio.run(main())
