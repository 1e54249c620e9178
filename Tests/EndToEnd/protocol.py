"""A client that speaks Engine.IO 4 and Socket.IO 5 by hand, on raw HTTP requests and WebSockets, and servers in conformance mode for it:
one hub
directly, and two gateways with two hubs behind them, which the client takes by turns."""

import asyncio
import contextlib
import itertools
import json

import aiohttp
import hubs
import pytest

INTERVAL, TIMEOUT = 0.3, 2.0
KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


@contextlib.contextmanager
def serving(settings, first):
    one, two = [hubs.Process("realtime", hubs.port(first + index), **settings) for index in (0, 1)]
    gateways = [hubs.Process("gateway", hubs.port(first + index), REALTIME_SERVICE_URL=f"{one.url},{two.url}") for index in (2, 3)]
    with hubs.running(one, two, *gateways):
        yield {"hub": [one.url], "gateways": [gateway.url for gateway in gateways]}


@pytest.fixture(scope="module")
def servers():
    """Where nothing ends by itself while a slow machine makes a test wait."""
    with serving(hubs.CALM, 0) as urls:
        yield urls


@pytest.fixture(scope="module")
def hasty_servers():
    """With short times between heartbeats, as the official suites ask for."""
    with serving(hubs.SUITE, 4) as urls:
        yield urls


def run(coroutine, seconds=60):
    return asyncio.run(asyncio.wait_for(coroutine, seconds))


class Peer:
    """A client of one Engine.IO path that says and sees everything itself."""

    def __init__(self, http, bases, path):
        self.http, self.path = http, path
        self.bases = itertools.cycle([bases] if isinstance(bases, str) else bases)

    @property
    def base(self):
        """The server for the next request: requests of one session go through all gateways, in turn."""
        return next(self.bases)

    def url(self, query):
        return f"{self.base}{self.path}?{query}"

    async def call(self, method, query, body=None, headers=None):
        async with self.http.request(method, self.url(query), data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def get(self, sid, extra=""):
        return await self.call("GET", f"EIO=4&transport=polling&sid={sid}{extra}")

    async def post(self, sid, body, headers=None):
        return await self.call("POST", f"EIO=4&transport=polling&sid={sid}", body, headers or {"Content-Type": "text/plain;charset=UTF-8"})

    async def polling(self):
        status, text = await self.call("GET", "EIO=4&transport=polling")
        assert status == 200 and text[0] == "0", text
        return json.loads(text[1:])["sid"]

    async def websocket(self, query="EIO=4&transport=websocket"):
        return await self.http.ws_connect(self.url(query), autoclose=True, autoping=True)

    async def connected(self, packet="40"):
        """A WebSocket in a namespace, after its `auth` event."""
        socket = await self.websocket()
        assert (await receive(socket))[0] == "0"
        await socket.send_str(packet)
        assert (await receive(socket)).startswith("40")
        assert '"auth"' in await receive(socket)
        return socket


async def receive(socket, skip_pings=True):
    """The next message; "closed" at the end."""
    while True:
        message = await asyncio.wait_for(socket.receive(), 15)
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR):
            return "closed"
        if not (skip_pings and message.data == "2"):
            return message.data


@contextlib.asynccontextmanager
async def peer(base, path="/engine.io/"):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield Peer(http, base, path)


def scenario(path="/engine.io/", hasty=False):
    """Makes a test of an async function of one peer; a hasty one is about heartbeats and other times of the server."""
    paths = [path] if isinstance(path, str) else path

    def wrap(function):
        @pytest.mark.parametrize("path", paths)
        @pytest.mark.parametrize("place", ["hub", "gateways"])
        def test(request, place, path):
            bases = request.getfixturevalue("hasty_servers" if hasty else "servers")[place]

            async def body():
                async with peer(bases, path) as client:
                    await function(client)
            run(body())
        test.__doc__ = function.__doc__
        return test
    return wrap


BOTH = ["/engine.io/", "/socket.io/"]


async def upgraded(client, sid):
    socket = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
    await socket.send_str("2probe")
    assert await receive(socket) == "3probe"
    return socket
