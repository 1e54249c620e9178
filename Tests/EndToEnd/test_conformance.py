"""Every rule of the Engine.IO 4 and Socket.IO 5 protocols that their official suites look at, and the defects other servers had, on raw HTTP
requests and WebSockets: against one hub directly, and through a gateway with two hubs behind it."""

import asyncio
import contextlib
import json

import aiohttp
import hubs
import pytest

INTERVAL, TIMEOUT = 0.3, 0.2
KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


@pytest.fixture(scope="module")
def servers():
    one, two = [hubs.Process("realtime", hubs.port(index), **hubs.SUITE) for index in (0, 1)]
    gateway = hubs.Process("gateway", hubs.port(2), REALTIME_SERVICE_URL=f"{one.url},{two.url}")
    with hubs.running(one, two, gateway):
        yield {"hub": one.url, "gateway": gateway.url}


@pytest.fixture(params=["hub", "gateway"])
def base(request, servers):
    return servers[request.param]


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


class Peer:
    """A client of one Engine.IO path that says and sees everything itself."""

    def __init__(self, http, base, path):
        self.http, self.base, self.path = http, base, path

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
        message = await asyncio.wait_for(socket.receive(), 5)
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR):
            return "closed"
        if not (skip_pings and message.data == "2"):
            return message.data


@contextlib.asynccontextmanager
async def peer(base, path="/engine.io/"):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield Peer(http, base, path)


def scenario(path="/engine.io/"):
    """Makes a test of an async function of one peer."""
    paths = [path] if isinstance(path, str) else path

    def wrap(function):
        @pytest.mark.parametrize("path", paths)
        def test(base, path):
            async def body():
                async with peer(base, path) as client:
                    await function(client)
            run(body())
        test.__doc__ = function.__doc__
        return test
    return wrap


BOTH = ["/engine.io/", "/socket.io/"]


# Handshake

@scenario(BOTH)
async def test_polling_handshake(client):
    async with client.http.get(client.url("EIO=4&transport=polling&t=abc&unknown=1")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8" and answer.headers["Cache-Control"] == "no-store"
        body = await answer.read()
        assert int(answer.headers["Content-Length"]) == len(body)
    value = json.loads(body[1:])
    assert body[:1] == b"0" and set(value) == KEYS and value["upgrades"] == ["websocket"]
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (300, 200, 1_000_000)


@scenario(BOTH)
async def test_websocket_handshake(client):
    socket = await client.websocket()
    text = await receive(socket)
    value = json.loads(text[1:])
    assert text[0] == "0" and set(value) == KEYS and value["upgrades"] == []
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (300, 200, 1_000_000)
    await socket.close()


@scenario(BOTH)
async def test_refused_requests(client):
    sid = await client.polling()
    for method, query, code, message in [
        ("GET", "transport=polling", 5, "Unsupported protocol version"), ("GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version"),
        ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"), ("GET", "EIO=4", 0, "Transport unknown"),
        ("GET", "EIO=4&transport=abc", 0, "Transport unknown"), ("POST", "EIO=4&transport=polling", 2, "Bad handshake method"),
        ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"), ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
        ("GET", "EIO=4&transport=polling&sid=__proto__", 1, "Session ID unknown"), ("POST", "EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"),
        ("GET", f"EIO=4&transport=websocket&sid={sid}", 3, "Bad request"),
    ]:
        async with client.http.request(method, client.url(query)) as answer:
            assert answer.status == 400 and answer.content_type == "application/json", (method, query, answer.status)
            assert await answer.json() == {"code": code, "message": message}, (method, query)


@scenario(BOTH)
async def test_refused_websockets(client):
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc", "EIO=4&transport=websocket&sid=nope"]:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await client.websocket(query)
        assert refusal.value.status == 400, query


# Messages

@scenario()
async def test_polling_messages_come_back(client):
    sid = await client.polling()
    for payload in ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4한국어 🎫", "4" + "x" * 300_000]:
        assert await client.post(sid, payload.encode()) == (200, "ok")
        assert await client.get(sid) == (200, payload)


@scenario()
async def test_a_chunked_post_is_read(client):
    async def pieces():
        yield b"4he"
        yield b"llo"
    sid = await client.polling()
    assert await client.post(sid, pieces()) == (200, "ok")
    assert await client.get(sid) == (200, "4hello")


@scenario(BOTH)
async def test_an_invalid_packet_ends_a_polling_session(client):
    for body in ["abc", "4x\x1eabc", "\x1e", "2", "b***"]:
        sid = await client.polling()
        assert (await client.post(sid, body))[0] == 400, body
        assert (await client.get(sid))[0] == 400, body


@scenario(BOTH)
async def test_a_binary_post_of_protocol_three_ends_the_session(client):
    sid = await client.polling()
    assert (await client.post(sid, "4x", {"Content-Type": "application/octet-stream"}))[0] == 400
    assert (await client.get(sid))[0] == 400


@scenario()
async def test_a_post_beyond_the_limit_is_refused(client):
    sid = await client.polling()
    assert (await client.post(sid, b"4" + b"x" * 1_000_001))[0] == 413
    assert await client.post(sid, "4still here") == (200, "ok")


@scenario(BOTH)
async def test_duplicate_polls_end_the_session(client):
    sid = await client.polling()

    async def second():
        await asyncio.sleep(0.005)
        return await client.get(sid, "&t=burst")
    first, late = await asyncio.gather(client.get(sid), second())
    assert first == (200, "1") and late[0] == 400
    assert (await client.get(sid))[0] == 400


@scenario(BOTH)
async def test_a_cancelled_poll_ends_the_session(client):
    for _ in range(5):
        sid = await client.polling()
        poll = asyncio.create_task(client.get(sid))
        await asyncio.sleep(0.005)
        poll.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await poll
        assert (await client.get(sid))[0] == 400


@scenario()
async def test_websocket_messages_come_back(client):
    socket = await client.websocket()
    await receive(socket)
    await socket.send_str("4hello")
    assert await receive(socket) == "4hello"
    await socket.send_bytes(b"\x01\x02\x03\x04")
    assert await receive(socket) == b"\x01\x02\x03\x04"
    await socket.ping(b"x")
    await socket.send_str("4" + "x" * 900_000)
    assert len(await receive(socket)) == 900_001
    await socket.close()


@scenario(BOTH)
async def test_an_invalid_packet_ends_a_websocket_session(client):
    for packet in ["abc", "2", "", "0", "5"]:
        socket = await client.websocket()
        await receive(socket)
        await socket.send_str(packet)
        assert await receive(socket) == "closed", packet


@scenario()
async def test_a_message_beyond_the_limit_closes_with_1009(client):
    socket = await client.websocket()
    await receive(socket)
    await socket.send_str("4" + "x" * 1_000_001)
    assert await receive(socket) == "closed" and socket.close_code == 1009


# Heartbeat

@scenario(BOTH)
async def test_polling_heartbeat(client):
    sid = await client.polling()
    for _ in range(3):
        assert await client.get(sid) == (200, "2")
        assert (await client.post(sid, "3"))[0] == 200


@scenario(BOTH)
async def test_a_polling_session_ends_without_pongs(client):
    for _ in range(3):
        sid = await client.polling()
        await asyncio.sleep(INTERVAL + TIMEOUT)
        assert (await client.get(sid))[0] == 400


@scenario(BOTH)
async def test_websocket_heartbeat(client):
    socket = await client.websocket()
    await receive(socket)
    for _ in range(3):
        assert await receive(socket, skip_pings=False) == "2"
        await socket.send_str("3")
    await socket.close()


@scenario(BOTH)
async def test_a_websocket_session_ends_without_pongs(client):
    socket = await client.websocket()
    began = asyncio.get_running_loop().time()
    await receive(socket)
    assert await receive(socket) == "closed"
    assert asyncio.get_running_loop().time() - began < INTERVAL + TIMEOUT + 1


# Close

@scenario(BOTH)
async def test_a_polling_client_says_goodbye(client):
    for _ in range(10):
        sid = await client.polling()
        poll, _ = await asyncio.gather(client.get(sid), client.post(sid, "1"))
        assert poll == (200, "6")
        assert (await client.get(sid))[0] == 400


@scenario(BOTH)
async def test_a_goodbye_without_a_poll(client):
    sid = await client.polling()
    assert await client.post(sid, "1") == (200, "ok")
    assert (await client.get(sid))[0] == 400


@scenario(BOTH)
async def test_a_websocket_client_says_goodbye(client):
    socket = await client.websocket()
    await receive(socket)
    await socket.send_str("1")
    assert await receive(socket) == "closed"


# Upgrade

async def upgraded(client, sid):
    socket = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
    await socket.send_str("2probe")
    assert await receive(socket) == "3probe"
    return socket


@scenario()
async def test_upgrade(client):
    sid = await client.polling()
    socket = await upgraded(client, sid)
    for _ in range(3):
        assert await client.get(sid) == (200, "6")
    assert await client.post(sid, "4while probing") == (200, "ok")
    assert await client.get(sid) == (200, "4while probing")
    assert await client.post(sid, "4kept") == (200, "ok")
    await socket.send_str("5")
    await socket.send_str("4hello")
    assert [await receive(socket), await receive(socket)] == ["4kept", "4hello"]
    assert (await client.post(sid, "4late"))[0] == 400
    assert (await client.get(sid))[0] == 400
    await socket.close()


@scenario(BOTH)
async def test_a_pending_poll_ends_with_the_probe(client):
    sid = await client.polling()
    poll = asyncio.create_task(client.get(sid))
    await asyncio.sleep(0.01)
    socket = await upgraded(client, sid)
    assert await poll == (200, "6")
    await socket.close()


@scenario(BOTH)
async def test_requests_after_an_upgrade_are_refused(client):
    """Probe and upgrade in one breath, with the request right behind them on another connection."""
    for _ in range(10):
        sid = await client.polling()
        socket = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
        await socket.send_str("2probe")
        await socket.send_str("5")
        assert (await client.get(sid))[0] == 400
        await socket.close()


@scenario(BOTH)
async def test_a_second_websocket_is_closed(client):
    sid = await client.polling()
    socket = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
    await socket.send_str("2probe")
    await socket.send_str("5")
    second = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
    assert await receive(second) == "closed"
    assert await receive(socket) == "3probe"
    if client.path == "/engine.io/":
        await socket.send_str("4hello")
        assert await receive(socket) == "4hello"
    await socket.close()


@scenario()
async def test_a_failed_probe_leaves_polling_alone(client):
    for wrong in ["4early", "2", "5", "abc"]:
        sid = await client.polling()
        socket = await client.websocket(f"EIO=4&transport=websocket&sid={sid}")
        await socket.send_str(wrong)
        assert await receive(socket) == "closed"
        assert await client.post(sid, "4hello") == (200, "ok")
        assert await client.get(sid) == (200, "4hello")


# Socket.IO: connecting

@scenario("/socket.io/")
async def test_connecting_to_namespaces(client):
    for packet, prefix, auth in [
        ("40", "40", '42["auth",{}]'), ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'), ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ("40/custom", "40/custom,", '42/custom,["auth",{}]'), ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
    ]:
        socket = await client.websocket()
        opened = json.loads((await receive(socket))[1:])
        await socket.send_str(packet)
        answer = await receive(socket)
        assert answer.startswith(prefix)
        handshake = json.loads(answer[len(prefix):])
        assert set(handshake) == {"sid"} and handshake["sid"] != opened["sid"]
        assert await receive(socket) == auth
        await socket.close()


@scenario("/socket.io/")
async def test_the_first_event_comes_after_the_answer_by_itself(client):
    """Two messages in one read are one too many for a client that awaits them one by one."""
    host, port = client.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    await reader.readuntil(b'"maxPayload":1000000}')
    writer.write(b"\x81\x82\x00\x00\x00\x0040")
    first = await reader.read(65536)
    second = await reader.read(65536)
    assert b'40{"sid":' in first and b"auth" not in first and b'42["auth",{}]' in second
    writer.close()


@scenario("/socket.io/")
async def test_an_unknown_namespace_is_refused(client):
    socket = await client.websocket()
    await receive(socket)
    for packet, answer in [
        ("40/random", '44/random,{"message":"Invalid namespace"}'), ("40/random,", '44/random,{"message":"Invalid namespace"}'),
        ("40/custom?x=1,", '44/custom?x=1,{"message":"Invalid namespace"}'),
    ]:
        await socket.send_str(packet)
        assert await receive(socket) == answer
    await socket.send_str("40")
    assert (await receive(socket)).startswith('40{"sid":')
    await socket.close()


@scenario("/socket.io/")
async def test_a_connection_without_a_namespace_ends(client):
    socket = await client.websocket()
    await receive(socket)

    async def answer_pings():
        while (packet := await receive(socket, skip_pings=False)) != "closed":
            await socket.send_str("3")
            assert packet == "2"
    await asyncio.wait_for(answer_pings(), 5)


@scenario("/socket.io/")
async def test_violations_end_the_connection(client):
    first = ["4abc", "42[\"message\"]", "41", "43[]", "44{}", "40[]", "40{"]
    later = [
        "4abc", "42{}", "42[]", "42[{}]", "42abc[\"message-with-ack\",1]", "42[\"message\"", "43{}", "41{}", "40", "44{}", "42[\"connect\"]",
        "42[\"disconnecting\"]", "4", "47[]", "45-[\"message\"]", "4511-[\"message\"]", "42/custom,[\"message\",1]",
    ]
    for packet in first:
        socket = await client.websocket()
        await receive(socket)
        await socket.send_str(packet)
        assert await receive(socket) == "closed", packet
    for packet in later:
        socket = await client.connected()
        await socket.send_str(packet)
        assert await receive(socket) == "closed", packet


@scenario("/socket.io/")
async def test_misplaced_attachments_end_the_connection(client):
    announced = '451-["message",{"_placeholder":true,"num":0}]'
    for messages in [[b"\x01"], [announced, "42[\"message\"]"], ['451-["message",{"_placeholder":true,"num":1}]'], ['451-["message",{"_placeholder":true,"num":"0"}]']]:
        socket = await client.connected()
        for message in messages:
            await (socket.send_bytes if isinstance(message, bytes) else socket.send_str)(message)
        assert await receive(socket) == "closed", messages


# Socket.IO: leaving, messages, rooms

@scenario("/socket.io/")
async def test_leaving_the_main_namespace_keeps_the_connection(client):
    socket = await client.connected()
    await socket.send_str("41")
    assert await receive(socket, skip_pings=False) == "2"
    await socket.close()


@scenario("/socket.io/")
async def test_joining_and_leaving_a_custom_namespace(client):
    socket = await client.connected()
    assert await receive(socket, skip_pings=False) == "2"
    await socket.send_str("40/custom")
    assert (await receive(socket)).startswith("40/custom,{")
    assert await receive(socket) == '42/custom,["auth",{}]'
    await socket.send_str("41/custom")
    await socket.send_str('42["message","message to main namespace"]')
    assert await receive(socket) == '42["message-back","message to main namespace"]'
    await socket.close()


@scenario("/socket.io/")
async def test_messages_and_acknowledgements(client):
    socket = await client.connected()
    for packet, answer in [
        ('42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'), ('42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'),
        ('420["message-with-ack"]', "430[]"), ('42["message"]', '42["message-back"]'),
    ]:
        await socket.send_str(packet)
        assert await receive(socket) == answer
    # Unknown acknowledgements and events, and numbers as names, are no violations.
    for packet in ["43999[]", '42["something",1]', "42[7,1]"]:
        await socket.send_str(packet)
    for packet, answer in [
        ('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'),
        ('452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'),
    ]:
        await socket.send_str(packet)
        await socket.send_bytes(b"\x01\x02\x03")
        await socket.send_bytes(b"\x04\x05\x06")
        assert [await receive(socket) for _ in range(3)] == [answer, b"\x01\x02\x03", b"\x04\x05\x06"]
    await socket.close()


@scenario("/socket.io/")
async def test_messages_over_polling(client):
    sid = await client.polling()
    assert await client.post(sid, "40") == (200, "ok")
    seen = ""
    while "auth" not in seen:
        seen += (await client.get(sid))[1]
    packet = '451-["message",{"_placeholder":true,"num":0},"é"]\x1ebAQID'
    assert await client.post(sid, packet.encode()) == (200, "ok")
    text = "2"
    while text == "2":
        text = (await client.get(sid))[1]
    assert text == packet.replace("message", "message-back")


@scenario("/socket.io/")
async def test_rooms_of_any_name(client):
    one, two, publisher = [await client.connected() for _ in range(3)]
    for socket in (one, two):
        await socket.send_str('421["join","stage 7"]')
        assert await receive(socket) == "431[]"
    await publisher.send_str('422["publish","stage 7","news",{"n":1}]')
    assert await receive(publisher) == "432[]"
    for socket in (one, two):
        assert await receive(socket) == '42["news",{"n":1}]'
    await two.send_str('423["leave","stage 7"]')
    assert await receive(two) == "433[]"
    await publisher.send_str('451-["publish","stage 7","news",{"_placeholder":true,"num":0}]')
    await publisher.send_bytes(b"\x07")
    assert [await receive(one), await receive(one)] == ['451-["news",{"_placeholder":true,"num":0}]', b"\x07"]
    await two.send_str('42["message","nothing came before"]')
    assert await receive(two) == '42["message-back","nothing came before"]'
    for socket in (one, two, publisher):
        await socket.close()
