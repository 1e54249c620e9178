"""Reads what services publish to the hubs through Redis: the messages of one room, with the time at which they came."""

import asyncio
import time

import msgpack
from devtools import settings


class RoomFeed:
    """Messages of a room as (time, event name, payload), from `open` to `close`."""

    def __init__(self, room):
        self.channel = f"socket.io#/#{room}#"
        self.messages = []

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", settings.port("redis"), limit=1 << 22)
        self.writer.write(f"SUBSCRIBE {self.channel}\r\n".encode())
        await self.item()
        self.task = asyncio.ensure_future(self.listen())
        return self

    async def item(self):
        line = (await self.reader.readline()).rstrip()
        if line[:1] == b"*":
            return [await self.item() for _ in range(int(line[1:]))]
        if line[:1] == b"$":
            return (await self.reader.readexactly(int(line[1:]) + 2))[:-2]
        return line

    async def listen(self):
        while True:
            _, _, payload = await self.item()
            now = time.time()
            name, body = msgpack.unpackb(payload)[1]["data"][:2]
            self.messages.append((now, name, body))

    async def close(self):
        self.task.cancel()
        self.writer.close()
