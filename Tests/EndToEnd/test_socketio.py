"""Every rule of the Socket.IO 5 protocol that its official suite looks at, and the defects other servers had."""

import asyncio
import gzip
import json
import uuid

from protocol import hasty_servers, receive, scenario, servers  # noqa: F401: fixtures among them


# Socket.IO: connecting

@scenario("/socket.io/")
async def test_connecting_to_namespaces(client):
    for packet, prefix, auth in [
        ("40", "40", '42["auth",{}]'),
        ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'),
        ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ("40/custom", "40/custom,", '42/custom,["auth",{}]'),
        ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
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
    # A client that is slow to look finds both waiting, though they came one by one.
    for _ in range(10):
        first, second = await first_reads(host, int(port))
        assert b'40{"sid":' in first
        if b"auth" not in first:
            break
    assert b"auth" not in first and b'42["auth",{}]' in second


async def first_reads(host, port):
    """What the first two reads after a CONNECT give."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    await reader.readuntil(b'"maxPayload":1000000}')
    writer.write(b"\x81\x82\x00\x00\x00\x0040")
    first = await reader.read(65536)
    second = b"" if b"auth" in first else await reader.read(65536)
    writer.close()
    return first, second


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


@scenario("/socket.io/", hasty=True)
async def test_a_connection_without_a_namespace_ends(client):
    socket = await client.websocket()
    await receive(socket)

    async def answer_pings():
        while (packet := await receive(socket, skip_pings=False)) != "closed":
            await socket.send_str("3")
            assert packet == "2"
    await asyncio.wait_for(answer_pings(), 20)


@scenario("/socket.io/")
async def test_violations_end_the_connection(client):
    first = ["4abc", "42[\"message\"]", "41", "43[]", "44{}", "40[]", "40{"]
    later = [
        "4abc",
        "42{}",
        "42[]",
        "42[{}]",
        "42abc[\"message-with-ack\",1]",
        "42[\"message\"",
        "43{}",
        "41{}",
        "40",
        "44{}",
        "42[\"connect\"]",
        "42[\"disconnecting\"]",
        "4",
        "47[]",
        "45-[\"message\"]",
        "4511-[\"message\"]",
        "42/custom,[\"message\",1]",
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
    for messages in [
        [b"\x01"],
        [announced, "42[\"message\"]"],
        ['451-["message",{"_placeholder":true,"num":1}]'],
        ['451-["message",{"_placeholder":true,"num":"0"}]'],
    ]:
        socket = await client.connected()
        for message in messages:
            await (socket.send_bytes if isinstance(message, bytes) else socket.send_str)(message)
        assert await receive(socket) == "closed", messages


# Socket.IO: leaving, messages, rooms

@scenario("/socket.io/", hasty=True)
async def test_leaving_the_main_namespace_keeps_the_connection(client):
    socket = await client.connected()
    await socket.send_str("41")
    assert await receive(socket, skip_pings=False) == "2"
    await socket.close()


@scenario("/socket.io/", hasty=True)
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
        ('42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'),
        ('42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'),
        ('420["message-with-ack"]', "430[]"),
        ('42["message"]', '42["message-back"]'),
    ]:
        await socket.send_str(packet)
        assert await receive(socket) == answer
    # Unknown acknowledgements and events, and numbers as names, are no violations.
    for packet in ["43999[]", '42["something",1]', "42[7,1]"]:
        await socket.send_str(packet)
    for packet, answer in [
        (
            '452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        ),
        (
            '452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        ),
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


# What clients of other makers do

async def in_room(client, room):
    socket = await client.connected()
    await socket.send_str(f'429["join","{room}"]')
    assert await receive(socket) == "439[]"
    return socket


LAST_WORDS = [f'42["publish","{{room}}","word",{number}]' for number in range(20)]


@scenario("/socket.io/")
async def test_what_a_client_says_before_it_leaves_is_heard(client):
    room = str(uuid.uuid4())
    watcher = await in_room(client, room)
    words = [word.replace("{room}", room) for word in LAST_WORDS]
    talker = await client.connected()
    for word in [*words, "41"]:
        await talker.send_str(word)
    await talker.close()
    assert [await receive(watcher) for _ in words] == [f'42["word",{number}]' for number in range(20)]
    # Over polling everything may come in one request, the goodbye with it.
    sid = await client.polling()
    assert await client.post(sid, "40") == (200, "ok")
    seen = ""
    while "auth" not in seen:
        seen += (await client.get(sid))[1]
    assert await client.post(sid, "\x1e".join([*words, "41", "1"])) == (200, "ok")
    assert [await receive(watcher) for _ in words] == [f'42["word",{number}]' for number in range(20)]
    await watcher.close()


@scenario("/socket.io/")
async def test_a_message_nested_too_deeply_is_one_bad_message(client):
    socket = await client.connected()
    await socket.send_str('42["message",' + "[" * 1000 + "]" * 1000 + "]")
    await socket.send_str('42["message","next"]')
    assert await receive(socket) == '42["message-back","next"]'
    await socket.close()


@scenario("/socket.io/")
async def test_large_polls_are_compressed_for_who_accepts_it(client):
    room = str(uuid.uuid4())
    publisher = await client.connected()
    sid = await client.polling()
    assert await client.post(sid, f'40\x1e429["join","{room}"]') == (200, "ok")
    seen = ""
    while "439[]" not in seen or "auth" not in seen:
        seen += (await client.get(sid))[1]
    for accepted, size, expected in [("gzip, deflate", 5000, "gzip"), ("identity", 5000, None), ("gzip", 500, None)]:
        await publisher.send_str(f'42["publish","{room}","text","{"x" * size}"]')
        raw = {"Accept-Encoding": accepted}
        async with client.http.get(client.url(f"EIO=4&transport=polling&sid={sid}"), headers=raw, auto_decompress=False) as answer:
            body = await answer.read()
            assert answer.headers.get("Content-Encoding") == expected, (accepted, size)
        text = gzip.decompress(body).decode() if expected else body.decode()
        assert text == f'42["text","{"x" * size}"]'
        assert expected is None or len(body) < 200
    await publisher.close()


@scenario("/socket.io/")
async def test_the_first_subprotocol_offered_is_accepted(client):
    socket = await client.http.ws_connect(client.url("EIO=4&transport=websocket"), protocols=("tickets.v2", "tickets.v1"))
    assert socket.protocol == "tickets.v2"
    await receive(socket)
    await socket.send_str("40")
    assert (await receive(socket)).startswith("40")
    await socket.close()


@scenario("/socket.io/")
async def test_a_room_named_like_a_socket_reaches_each_once(client):
    owner = await client.websocket()
    await receive(owner)
    await owner.send_str("40")
    sid = json.loads((await receive(owner))[2:])["sid"]
    await receive(owner)
    guests = [await in_room(client, sid) for _ in range(3)]
    publisher = await client.connected()
    await publisher.send_str(f'42["publish","{sid}","once",1]')
    await publisher.send_str(f'42["publish","{sid}","once",2]')
    for socket in (owner, *guests):
        assert [await receive(socket), await receive(socket)] == ['42["once",1]', '42["once",2]']
    for socket in (owner, *guests, publisher):
        await socket.send_str('42["message","end"]')
        assert await receive(socket) == '42["message-back","end"]'
        await socket.close()
