"""Clients that lose their hub: every one continues its session on another hub, misses nothing and gets nothing twice."""

import asyncio
import json
import os
import subprocess
import urllib.request
import uuid

import aiohttp
import helpers
import hubs
import msgpack
import pytest
import redis
from conftest import ROOT
from devtools import settings
from protocol import Peer, receive, run

CLIENTS = int(os.environ.get("TIKETI_RECOVERY_CLIENTS", "200"))
RATE = 20
RECOVERING = {"REALTIME_CONFORMANCE": "1", "SOCKET_IO_RECOVERY": "on"}


@pytest.fixture(scope="module")
def followers(tmp_path_factory):
    program = tmp_path_factory.mktemp("followers") / "followers"
    subprocess.run(["clang", "-O2", "-o", program, ROOT / "Tests" / "EndToEnd" / "followers.c"], check=True)
    return program


def emitted(event, data, rooms):
    """What @socket.io/redis-emitter publishes: it knows nothing of a log."""
    packet = {"type": 2, "data": [event, data], "nsp": "/"}
    return f"socket.io#/#{rooms[0]}#", msgpack.packb(["emitter", packet, {"rooms": rooms, "flags": {}, "except": []}])


class HubPublisher:
    """Publishes through a hub, as a client of it."""

    def __init__(self, url):
        self.url = url

    async def __aenter__(self):
        self.http = aiohttp.ClientSession()
        self.socket = await Peer(self.http, self.url, "/socket.io/").connected()
        return self

    async def __aexit__(self, *_):
        await self.socket.close()
        await self.http.close()

    async def publish(self, number):
        await self.socket.send_str(f'42["publish","hall","tick",{{"n":{number}}}]')


class EmitterPublisher:
    """Publishes to Redis without a hub."""

    def __init__(self, _):
        self.redis = redis.from_url(settings.url("redis"))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.redis.close()

    async def publish(self, number):
        self.redis.publish(*emitted("tick", {"n": number}, ["hall"]))


@pytest.mark.parametrize("publisher", [HubPublisher, EmitterPublisher])
def test_a_killed_hub_costs_no_event(followers, publisher):
    one, two = [hubs.Process("realtime", hubs.port(index), **RECOVERING) for index in (10, 11)]
    with hubs.running(one, two):
        crowd = subprocess.Popen(
            [followers, str(CLIENTS), str(one.port), str(two.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert crowd.stdout.readline() == "ready\n"

            async def scenario():
                number = 0
                async with publisher(two.url) as source:
                    for second in range(int(hubs.seconds_of_proof(8))):
                        if second == 2:
                            one.kill()
                        if second == 5:
                            await asyncio.to_thread(one.start)
                        for _ in range(RATE):
                            number += 1
                            await source.publish(number)
                            await asyncio.sleep(1 / RATE)
                return number
            number = asyncio.run(scenario())
            seen = json.loads(crowd.communicate(f"{number}\n", timeout=60)[0].splitlines()[-1])
        finally:
            crowd.kill()
    print(seen)
    assert seen["gaps"] == 0 and seen["duplicates"] == 0, seen
    assert seen["least"] == seen["most"] == number and seen["events"] == CLIENTS * number, seen
    assert seen["ready"] == CLIENTS and seen["fresh"] == 0 and seen["recovered"] == seen["reconnects"] >= CLIENTS // 2, seen


def counted(process, metric):
    """A counter of one hub; 0 before its first count."""
    with urllib.request.urlopen(f"{process.url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))


@pytest.fixture(scope="module")
def pair():
    one, two = [hubs.Process("realtime", hubs.port(index), **RECOVERING) for index in (12, 13)]
    with hubs.running(one, two) as processes:
        yield processes


async def session(client, room="hall"):
    """A WebSocket in the namespace and in a room, and the server's answer."""
    socket = await client.websocket()
    await receive(socket)
    await socket.send_str("40")
    answer = json.loads((await receive(socket))[2:])
    assert '"auth"' in await receive(socket)
    await socket.send_str(f'420["join","{room}"]')
    assert await receive(socket) == "430[]"
    return socket, answer


async def logged(watcher, *events):
    """Returns when a client in the room has got these: they are in the log by then."""
    for event in events:
        assert json.loads((await receive(watcher))[2:])[0] == event


async def resume(client, pid, offset):
    """Messages up to and with the answer to a CONNECT that names a session."""
    socket = await client.websocket()
    await receive(socket)
    await socket.send_str("40" + json.dumps({"pid": pid} if offset is None else {"pid": pid, "offset": offset}))
    seen = [await receive(socket)]
    while not seen[-1].startswith("40"):
        seen.append(await receive(socket))
    return socket, seen[:-1], json.loads(seen[-1][2:])


@pytest.mark.parametrize("count, size", [(4500, 218), (12, 90_000)])
def test_however_much_was_missed_arrives(pair, count, size):
    """More than waits for one client at a time. It came back, was cut, and came back, for ever."""
    async def scenario():
        one, two = pair
        room = str(uuid.uuid4())
        async with aiohttp.ClientSession() as http:
            peers = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = (await session(peers[1], room))[0]
            socket, answer = await session(peers[0], room)
            await publisher.send_str(f'42["publish","{room}","seat",-1]')
            offset = json.loads((await receive(socket))[2:])[2]
            await socket.close()
            await logged(publisher, "seat")
            padding = "p" * (size - 60)
            for first in range(0, count, 20):
                numbers = range(first, min(count, first + 20))
                for number in numbers:
                    await publisher.send_str(f'42["publish","{room}","seat",{number},"{padding}"]')
                await logged(publisher, *["seat"] * len(numbers))
            recovered = 'tiketi_socket_recoveries_total{outcome="recovered"}'
            before = counted(two, recovered)
            again, missed, resumed = await resume(peers[1], answer["pid"], offset)
            assert resumed == answer
            assert [json.loads(message[2:])[1] for message in missed] == list(range(count))
            # It counts when the client has answered the ping behind it.
            assert await receive(again, skip_pings=False) == "2"
            assert counted(two, recovered) == before
            await again.send_str("3")
            await asyncio.to_thread(helpers.eventually, lambda: counted(two, recovered) == before + 1, "the recovery is counted")
            assert counted(two, 'tiketi_socket_closed_total{reason="transport error (slow client)"}') == 0
            await again.send_str("41")
            await again.close()
            await publisher.close()
    run(scenario(), 60)


def test_a_replay_that_did_not_arrive_is_not_tried_again(pair):
    async def scenario():
        two = pair[1]
        room = str(uuid.uuid4())
        async with aiohttp.ClientSession() as http:
            peers = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = (await session(peers[1], room))[0]
            socket, answer = await session(peers[0], room)
            await publisher.send_str(f'42["publish","{room}","first",0]')
            offset = json.loads((await receive(socket))[2:])[2]
            await socket.close()
            await publisher.send_str(f'42["publish","{room}","missed",0]')
            await logged(publisher, "first", "missed")
            # The client is gone before it has answered, on either hub.
            again, missed, resumed = await resume(peers[1], answer["pid"], offset)
            assert len(missed) == 1 and resumed == answer
            await again.close()
            abandoned = 'tiketi_socket_recoveries_total{outcome="abandoned"}'
            await asyncio.to_thread(helpers.eventually, lambda: counted(two, abandoned) > 0, "the attempt is over")
            fresh, missed, begun = await resume(peers[0], answer["pid"], offset)
            assert missed == [] and begun["pid"] != answer["pid"] and begun["sid"] != answer["sid"]
            await fresh.close()
            await publisher.close()
    run(scenario())


def test_a_half_open_connection_is_taken_over(pair):
    """The client is back, on another hub, before the first one has noticed that it was gone."""
    async def scenario():
        async with aiohttp.ClientSession() as http:
            one, two = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = (await session(two))[0]
            for second in (two, one):
                socket, answer = await session(one)
                await publisher.send_str('42["publish","hall","first",{}]')
                first = json.loads((await receive(socket))[2:])
                assert first[:2] == ["first", {}] and isinstance(first[2], str)
                await publisher.send_str('42["publish","hall","second",{}]')
                await logged(publisher, "first", "second")
                again, missed, resumed = await resume(second, answer["pid"], first[2])
                assert resumed == answer
                assert [json.loads(message[2:])[:2] for message in missed] == [["second", {}]]
                # What had come before the loss was noticed, then the end; and the new connection is in the room without joining.
                while await receive(socket) != "closed":
                    pass
                assert '"auth"' in await receive(again)
                await publisher.send_str('42["publish","hall","third",{}]')
                assert json.loads((await receive(again))[2:])[0] == "third"
                await logged(publisher, "third")
                await again.send_str("41")
                await again.close()
            await publisher.close()
    run(scenario())


def test_a_client_that_saw_no_event_yet_recovers_too(pair):
    async def scenario():
        async with aiohttp.ClientSession() as http:
            one, two = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = (await session(two))[0]
            socket, answer = await session(one)
            await socket.close()
            await publisher.send_str('42["publish","hall","while away",{}]')
            await logged(publisher, "while away")
            again, missed, resumed = await resume(two, answer["pid"], None)
            assert resumed == answer and [json.loads(message[2:])[0] for message in missed] == ["while away"]
            await again.close()
            await publisher.close()
    run(scenario())


def test_equal_messages_of_an_emitter_are_several(pair):
    """Hubs tell by its bytes which message of an emitter is which. One that got none of the first must not take the next for one of them.
    """
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with aiohttp.ClientSession() as http:
            sockets, offsets = [], []

            async def expect(event, times):
                for _ in range(times):
                    database.publish(*emitted(event, {}, ["again"]))
                for socket in sockets:
                    seen = [json.loads((await receive(socket))[2:]) for _ in range(times)]
                    assert [message[0] for message in seen] == [event] * times
                    offsets.append([int(message[2]) for message in seen])
                assert all(earlier < later for earlier, later in zip(offsets[-1], offsets[-1][1:]))

            for process in (pair[0], pair[1], pair[0]):
                sockets.append((await session(Peer(http, process.url, "/socket.io/"), "again"))[0])
                await expect("refresh", 3)
                await expect("other", 1)
                await expect("refresh", 2)
                # The same numbers at every hub.
                assert all(found == offsets[-1] for found in offsets[-len(sockets):])
            for socket in sockets:
                await socket.close()
        database.close()
    run(scenario())


def test_offsets_rise_when_redis_goes_back_to_a_snapshot(pair):
    """A server restored from an earlier snapshot has an earlier counter. Clients drop what is not newer than what they have."""
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with aiohttp.ClientSession() as http:
            one, two = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = await two.connected()
            socket, _ = await session(one, "restored")
            seen = []
            for number in range(4):
                snapshot = database.get("tiketi:live:offset")
                for _ in range(50):
                    await publisher.send_str('42["publish","restored","own",{}]')
                for _ in range(50):
                    seen.append(json.loads((await receive(socket))[2:]))
                database.set("tiketi:live:offset", snapshot)
                database.delete("tiketi:live:log:/#restored")
                database.publish(*emitted("foreign", {"n": number}, ["restored"]))
                seen.append(json.loads((await receive(socket))[2:]))
            assert [message[0] for message in seen] == (["own"] * 50 + ["foreign"]) * 4
            offsets = [int(message[2]) for message in seen]
            assert all(earlier < later for earlier, later in zip(offsets, offsets[1:]))
            await socket.close()
            await publisher.close()
        database.close()
    run(scenario())


def test_what_cannot_be_recovered_begins_anew(pair):
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with aiohttp.ClientSession() as http:
            one = Peer(http, pair[0].url, "/socket.io/")
            socket, answer = await session(one)
            # The client left of its own will.
            await socket.send_str("41")
            helpers.eventually(lambda: not database.exists(f"tiketi:live:session:{answer['pid']}"), "the session's end")
            await socket.close()
            for pid, offset in [(answer["pid"], "0"), ("unknown", "0"), ("", "0"), (answer["pid"], "no number")]:
                fresh, missed, begun = await resume(one, pid, offset)
                assert missed == [] and begun["sid"] != answer["sid"] and begun["pid"] != answer["pid"]
                await fresh.close()
        database.close()
    run(scenario())


def test_a_log_that_was_cut_is_no_recovery(pair):
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with aiohttp.ClientSession() as http:
            one, two = [Peer(http, process.url, "/socket.io/") for process in pair]
            publisher = (await session(two))[0]
            socket, answer = await session(one)
            await publisher.send_str('42["publish","hall","seen",{}]')
            offset = json.loads((await receive(socket))[2:])[2]
            await socket.close()
            for index in range(3):
                await publisher.send_str(f'42["publish","hall","missed",{index}]')
            await logged(publisher, "seen", *["missed"] * 3)
            database.xtrim("tiketi:live:log:/#hall", maxlen=1, approximate=False)
            again, missed, begun = await resume(one, answer["pid"], offset)
            assert missed == [] and begun["pid"] != answer["pid"]
            await again.close()
            await publisher.close()
        database.close()
    run(scenario())


def test_only_those_who_ask_get_offsets():
    """The default: a stock client whose handlers count their arguments sees nothing new."""
    hub = hubs.Process("realtime", hubs.port(14), REALTIME_CONFORMANCE="1")
    with hubs.running(hub):
        async def scenario():
            async with aiohttp.ClientSession() as http:
                client = Peer(http, hub.url, "/socket.io/")
                plain, asking = await client.connected(), await client.connected('40{"recovery":true}')
                for socket in (plain, asking):
                    await socket.send_str('420["join","hall"]')
                    assert await receive(socket) == "430[]"
                await plain.send_str('42["publish","hall","news","text"]')
                assert await receive(plain) == '42["news","text"]'
                news = json.loads((await receive(asking))[2:])
                assert news[:2] == ["news", "text"] and news[2].isdigit()
                # Events that are not logged do not overwrite the offset either.
                await asking.send_str('42["message","text"]')
                assert json.loads((await receive(asking))[2:]) == ["message-back", "text", news[2]]
                await plain.close()
                await asking.close()
        run(scenario())
