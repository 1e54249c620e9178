"""Every rule of the Engine.IO 4 protocol that its official suite looks at, and the defects other servers had."""

import asyncio
import contextlib
import json
import time

import aiohttp
import pytest
from protocol import BOTH, INTERVAL, KEYS, TIMEOUT, hasty_servers, receive, scenario, servers, upgraded  # noqa: F401: fixtures among them


# Handshake

@scenario(BOTH, hasty=True)
async def test_polling_handshake(client):
    async with client.http.get(client.url("EIO=4&transport=polling&t=abc&unknown=1")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8" and answer.headers["Cache-Control"] == "no-store"
        body = await answer.read()
        assert int(answer.headers["Content-Length"]) == len(body)
    value = json.loads(body[1:])
    assert body[:1] == b"0" and set(value) == KEYS and value["upgrades"] == ["websocket"]
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (INTERVAL * 1000, TIMEOUT * 1000, 1_000_000)


@scenario(BOTH, hasty=True)
async def test_websocket_handshake(client):
    socket = await client.websocket()
    text = await receive(socket)
    value = json.loads(text[1:])
    assert text[0] == "0" and set(value) == KEYS and value["upgrades"] == []
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (INTERVAL * 1000, TIMEOUT * 1000, 1_000_000)
    await socket.close()


@scenario(BOTH)
async def test_refused_requests(client):
    sid = await client.polling()
    for method, query, code, message in [
        ("GET", "transport=polling", 5, "Unsupported protocol version"),
        ("GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version"),
        ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"),
        ("GET", "EIO=4", 0, "Transport unknown"),
        ("GET", "EIO=4&transport=abc", 0, "Transport unknown"),
        ("POST", "EIO=4&transport=polling", 2, "Bad handshake method"),
        ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"),
        ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
        ("GET", "EIO=4&transport=polling&sid=__proto__", 1, "Session ID unknown"),
        ("POST", "EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"),
        ("GET", f"EIO=4&transport=websocket&sid={sid}", 3, "Bad request"),
    ]:
        async with client.http.request(method, client.url(query)) as answer:
            assert answer.status == 400 and answer.content_type == "application/json", (method, query, answer.status)
            assert await answer.json() == {"code": code, "message": message}, (method, query)


@scenario(BOTH)
async def test_refused_websockets(client):
    for query in [
        "transport=websocket",
        "EIO=abc&transport=websocket",
        "EIO=4",
        "EIO=4&transport=abc",
        "EIO=4&transport=websocket&sid=nope",
    ]:
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
    # On two connections either may come first.
    first, late = sorted(await asyncio.gather(client.get(sid), client.get(sid, "&t=burst")))
    assert first == (200, "1") and late[0] == 400
    assert (await client.get(sid))[0] == 400


@scenario(BOTH)
async def test_a_cancelled_poll_ends_the_session(client):
    for _ in range(5):
        sid = await client.polling()
        # Nothing tells when a poll has reached the hub: one that was given up too early is followed by another.
        for patience in (0.05, 0.5, 5, 15):
            poll = asyncio.create_task(client.get(sid))
            await asyncio.wait([poll], timeout=patience)
            if poll.done():
                assert (await poll)[0] == 400
                break
            poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poll
        else:
            raise AssertionError("the session goes on")


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

@scenario(BOTH, hasty=True)
async def test_polling_heartbeat(client):
    sid = await client.polling()
    for _ in range(3):
        assert await client.get(sid) == (200, "2")
        assert (await client.post(sid, "3"))[0] == 200


@scenario(BOTH, hasty=True)
async def test_a_polling_session_ends_without_pongs(client):
    sid = await client.polling()
    began = time.monotonic()
    # The silence is what ends the session: a poll would be a sign of life.
    await asyncio.sleep(INTERVAL + TIMEOUT)
    # A hub that was held up gives its clients that time as well.
    while (await client.get(sid))[0] != 400:
        assert time.monotonic() - began < INTERVAL + TIMEOUT + 15


@scenario(BOTH, hasty=True)
async def test_websocket_heartbeat(client):
    socket = await client.websocket()
    await receive(socket)
    for _ in range(3):
        assert await receive(socket, skip_pings=False) == "2"
        await socket.send_str("3")
    await socket.close()


@scenario(BOTH, hasty=True)
async def test_a_websocket_session_ends_without_pongs(client):
    socket = await client.websocket()
    began = asyncio.get_running_loop().time()
    await receive(socket)
    assert await receive(socket) == "closed"
    assert TIMEOUT < asyncio.get_running_loop().time() - began < INTERVAL + TIMEOUT + 15


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
