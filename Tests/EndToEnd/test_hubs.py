"""Two hubs behind two gateways: every session finds its hub through either gateway, events and requests of Node's Redis adapter reach
both."""

import asyncio
import contextlib
import json
import time

import aiohttp
import hubs
import msgpack
import pytest
import redis as blocking_redis
import redis.asyncio as redis
from devtools import settings
from protocol import Peer, receive, run, upgraded

# `emitter.emit("hello", "x")` of @socket.io/redis-emitter, and `io.emit("hello", "world", {n: 1})` of @socket.io/redis-adapter.
EMITTED = bytes.fromhex(
    "93a7656d697474657283a47479706502a46461746192a568656c6c6fa178a36e7370a12f83a5726f6f6d7390a5666c61677380a665786365707490")
ADAPTED = bytes.fromhex(
    "93a65a67776a776e83a47479706502a46461746193a568656c6c6fa5776f726c6481a16e01a36e7370a12f83a5726f6f6d7390a665786365707490a5666c61677380")




def emitted(*data, rooms=()):
    """`emitter.to(rooms).emit(...)`."""
    return msgpack.packb(["emitter", {"type": 2, "data": data, "nsp": "/"}, {"rooms": rooms, "flags": {}, "except": []}])


@pytest.fixture(scope="module")
def cluster():
    pair = [hubs.Process("realtime", hubs.port(index), REALTIME_CONFORMANCE="1") for index in (20, 21)]
    urls = ",".join(hub.url for hub in pair)
    gateways = [hubs.Process("gateway", hubs.port(index), REALTIME_SERVICE_URL=urls) for index in (22, 23)]
    with hubs.running(*pair, *gateways):
        yield pair, gateways


@contextlib.asynccontextmanager
async def clients(processes, path="/socket.io/"):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield [Peer(http, process.url, path) for process in processes]


def test_sessions_find_their_hub_through_either_gateway(cluster):
    async def scenario():
        async with clients(cluster[1], "/engine.io/") as (one, two):
            for index in range(20):
                first, second = (one, two) if index % 2 else (two, one)
                sid = await first.polling()
                for client, text in ((second, f"4a{index}"), (first, "4b"), (second, "4c")):
                    assert await client.post(sid, text) == (200, "ok")
                    assert await first.get(sid) == (200, text)
                socket = await upgraded(second, sid)
                await socket.send_str("5")
                await socket.send_str("4over")
                assert await receive(socket) == "4over"
                await socket.close()
    run(scenario())


def test_emitters_and_adapters_reach_clients_on_both_hubs(cluster):
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with clients(cluster[0]) as peers:
            sockets = [await peer.connected() for peer in peers]
            await database.publish("socket.io#/#", EMITTED)
            await database.publish("socket.io#/#", ADAPTED)
            for socket in sockets:
                assert [await receive(socket), await receive(socket)] == ['42["hello","x"]', '42["hello","world",{"n":1}]']
            for socket in sockets:
                await socket.send_str('421["join","stage"]')
                assert await receive(socket) == "431[]"
            await database.publish("socket.io#/#stage#", emitted("bytes", b"\x01\x02", rooms=["stage"]))
            for socket in sockets:
                assert [await receive(socket), await receive(socket)] == ['451-["bytes",{"_placeholder":true,"num":0}]', b"\x01\x02"]
            # What one hub's client publishes, other servers read as the adapter's own.
            spy = database.pubsub()
            await spy.subscribe("socket.io#/#stage#")
            await spy.get_message(timeout=5)
            await sockets[0].send_str('42["publish","stage","news",{"n":7}]')
            for socket in sockets:
                assert await receive(socket) == '42["news",{"n":7}]'
            message = None
            while message is None:
                message = await spy.get_message(ignore_subscribe_messages=True, timeout=5)
            uid, packet, options = msgpack.unpackb(message["data"])
            assert len(uid) == 6 and packet == {"type": 2, "data": ["news", {"n": 7}], "nsp": "/"}
            assert options["rooms"] == ["stage"] and options["except"] == [] and options["flags"] == {}
            await spy.aclose()
            for socket in sockets:
                await socket.close()
        await database.aclose()
    run(scenario())


def test_order_holds_when_redis_has_forgotten_every_script(cluster):
    """Both hubs number what an emitter sends; a call repeated because its script was unknown must not fall behind the next message's."""
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        async with clients(cluster[0]) as peers:
            sockets = [await peer.connected() for peer in peers]
            sent = 0
            for _ in range(50):
                await database.script_flush()
                first = sent
                for _ in range(6):
                    await database.publish("socket.io#/#", emitted("step", sent))
                    sent += 1
                for socket in sockets:
                    assert [await receive(socket) for _ in range(first, sent)] == [f'42["step",{number}]' for number in range(first, sent)]
            for socket in sockets:
                await socket.close()
        await database.aclose()
    run(scenario())


class Server:
    """The part of Node's Redis adapter that asks other servers."""

    def __init__(self, database):
        self.database, self.spy, self.number = database, database.pubsub(), 0

    async def start(self):
        await self.spy.subscribe("socket.io-response#/#")
        await self.spy.get_message(timeout=5)
        return self

    async def ask(self, answers, packed=False, **fields):
        """Sends a request and returns as many answers."""
        self.number += 1
        request = {"uid": "peer01", "requestId": f"r{self.number}", **fields}
        heard = await self.database.publish("socket.io-request#/#", msgpack.packb(request) if packed else json.dumps(request))
        # Who subscribes is waited for. The system's own hub is one of them.
        assert heard >= 2
        found = []
        while len(found) < answers:
            message = await self.spy.get_message(ignore_subscribe_messages=True, timeout=5)
            if message is None:
                continue
            data = message["data"]
            answer = json.loads(data) if data[:1] == b"{" else msgpack.unpackb(data)
            if answer.get("requestId") == request["requestId"]:
                found.append(answer)
        return found

    async def tell(self, **fields):
        await self.database.publish("socket.io-request#/#", json.dumps(fields))


def test_requests_of_other_servers_are_answered(cluster):
    async def scenario():
        database = redis.from_url(settings.url("redis"))
        server = await Server(database).start()
        async with clients(cluster[0]) as peers:
            sockets = [await peer.connected() for peer in peers]
            count = (await database.pubsub_numsub("socket.io-request#/#"))[0][1]
            for socket in sockets:
                await socket.send_str('421["join","stalls"]')
                assert await receive(socket) == "431[]"

            fetched = await server.ask(count, type=5, opts={"rooms": ["stalls"], "except": []})
            found = [entry for answer in fetched for entry in answer["sockets"]]
            assert len(found) == 2 and all({"id", "handshake", "rooms", "data"} <= set(entry) for entry in found)
            assert all(entry["id"] in entry["rooms"] and "stalls" in entry["rooms"] for entry in found)
            ids = {entry["id"] for entry in found}
            rooms = {room for answer in await server.ask(count, type=1) for room in answer["rooms"]}
            assert ids | {"stalls"} <= rooms
            named = [sid for answer in await server.ask(count, type=0, rooms=["stalls"]) for sid in answer["sockets"]]
            assert set(named) == ids
            answers = await server.ask(count, type=6, data=["anything", 1])
            assert all("data" in answer for answer in answers)

            # Emitters have no uid: join, leave, to one socket by its id, and away.
            await server.tell(type=2, opts={"rooms": ["stalls"], "except": []}, rooms=["balcony"])
            for _ in range(100):
                fetched = await server.ask(count, type=5, opts={"rooms": ["balcony"], "except": []})
                if sum(len(answer["sockets"]) for answer in fetched) == 2:
                    break
            else:
                raise AssertionError(fetched)
            one = found[0]["id"]
            body = msgpack.packb(["emitter", {"type": 2, "data": ["to you"], "nsp": "/"}, {"rooms": [one], "flags": {}, "except": []}])
            assert await database.publish(f"socket.io#/#{one}#", body) == 1
            everyone = msgpack.packb(
                ["emitter", {"type": 2, "data": ["to the balcony"], "nsp": "/"}, {"rooms": ["balcony"], "flags": {}, "except": [one]}]
            )
            await database.publish("socket.io#/#balcony#", everyone)
            assert {await receive(socket) for socket in sockets} == {'42["to you"]', '42["to the balcony"]'}
            await server.tell(type=3, opts={"rooms": ["balcony"], "except": []}, rooms=["balcony"])

            # An event with acknowledgement: how many get it, and what each answers.
            async def reply(socket, value):
                packet = await receive(socket)
                assert packet.startswith("42") and packet.endswith('["question",1]'), packet
                await socket.send_str(f"43{packet[2:packet.index('[')]}[{json.dumps(value)}]")
            packet = {"type": 2, "data": ["question", 1], "nsp": "/"}
            asked = asyncio.create_task(
                server.ask(
                    count + 2, packed=True, type=7, packet=packet, opts={"rooms": ["stalls"], "except": [], "flags": {"timeout": 5000}}
                )
            )
            await asyncio.gather(*[reply(socket, value) for socket, value in zip(sockets, ["left", "right"])])
            answers = await asked
            assert sum(answer.get("clientCount", 0) for answer in answers) == 2
            assert sorted(answer["packet"] for answer in answers if answer["type"] == 9) == ["left", "right"]

            await server.tell(type=4, opts={"rooms": ["stalls"], "except": []}, close=True)
            # The packet comes first, or clients would come back.
            for socket in sockets:
                assert [await receive(socket), await receive(socket)] == ["41", "closed"]
        await server.spy.aclose()
        await database.aclose()
    run(scenario())


def test_a_lost_hub_is_told_at_once(cluster):
    (one, two), gateways = cluster

    async def scenario():
        async with clients(gateways, "/engine.io/") as peers, clients([one, two], "/engine.io/") as direct:
            sids = {process: await peer.polling() for process, peer in zip((one, two), direct)}
            for peer in peers:
                for sid in sids.values():
                    assert await peer.post(sid, "4here") == (200, "ok")
            two.kill()
            for peer in peers:
                # Not after the patience with a hub that is only silent, which is a minute and a half.
                began = time.monotonic()
                status, text = await peer.get(sids[two])
                assert status == 400 and json.loads(text) == {"code": 1, "message": "Session ID unknown"}, text
                assert time.monotonic() - began < 5
                with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                    await peer.websocket(f"EIO=4&transport=websocket&sid={sids[two]}")
                assert refusal.value.status == 400
                for _ in range(4):
                    assert await peer.post(await peer.polling(), "4again") == (200, "ok")
            # Another hub in the same place has another number.
            await asyncio.to_thread(two.start)
            status, text = await peers[0].get(sids[two])
            assert status == 400 and json.loads(text)["code"] == 1
            sid = await direct[1].polling()
            for peer in peers:
                assert await peer.post(sid, "4found") == (200, "ok")
    run(scenario())


def test_half_a_surrogate_pair_passes_between_hubs(cluster):
    """A text cut in the middle of a character is no valid Unicode; JavaScript has such texts, and Node's hubs pass them on."""
    async def scenario():
        async with clients(cluster[0]) as peers:
            one, two = [await peer.connected() for peer in peers]
            for socket in (one, two):
                await socket.send_str('421["join","halves"]')
                assert await receive(socket) == "431[]"
            await one.send_str('42["publish","halves","cut","a\\ud83d","\\ude00b",{"k":"\\udfff"}]')
            for socket in (one, two):
                assert json.loads((await receive(socket))[2:]) == ["cut", "a\ud83d", "\ude00b", {"k": "\udfff"}]
            for socket in (one, two):
                await socket.close()
    run(scenario())


# Sharded pub/sub: what Node's sharded adapter writes and reads (ClusterMessage of socket.io-adapter; JSON, or MessagePack with binary
# values).

def sharded(kind, uid="0011223344556677", **data):
    return json.dumps({"type": kind, "data": data, "uid": uid, "nsp": "/"}, separators=(",", ":"))


def options(*rooms, **flags):
    return {"rooms": list(rooms), "except": [], "flags": flags}


class ShardedServer:
    """The part of Node's sharded adapter that speaks to other servers."""

    uid = "0011223344556677"

    def __init__(self):
        self.database = blocking_redis.from_url(settings.url("redis"))
        self.spy = self.database.pubsub()
        self.number = 0

    def listen(self, *channels):
        self.spy.ssubscribe(*channels)
        for _ in channels:
            assert self.spy.get_message(timeout=5)["type"] == "ssubscribe"

    def publish(self, channel, payload):
        return self.database.execute_command("SPUBLISH", channel, payload)

    def hear(self):
        """The next message as Node reads it, and the channel."""
        for _ in range(50):
            message = self.spy.get_message(timeout=0.2)
            if message and message["type"] == "smessage":
                data = message["data"]
                return message["channel"].decode(), data, json.loads(data) if data[:1] == b"{" else msgpack.unpackb(data)
        raise AssertionError("nothing was published")

    def answers(self, count):
        found = []
        while len(found) < count:
            _, _, message = self.hear()
            if message["data"].get("requestId") == f"r{self.number}":
                found.append(message)
        return found

    def ask(self, kind, count, **data):
        self.number += 1
        self.publish("socket.io#/#", sharded(kind, self.uid, **data, requestId=f"r{self.number}"))
        return self.answers(count)

    def close(self):
        self.spy.close()
        self.database.close()


@pytest.fixture(scope="module", params=["sharded", "sharded-static"])
def shards(request):
    pair = [hubs.Process("realtime", hubs.port(index), REALTIME_CONFORMANCE="1", SOCKET_IO_ADAPTER=request.param, SOCKET_IO_RECOVERY="off")
            for index in (24, 25)]
    with hubs.running(*pair):
        yield request.param, pair


def test_events_pass_between_hubs_and_servers_with_the_sharded_adapter(shards):
    mode, pair = shards
    room_channel = "socket.io#/#hall#" if mode == "sharded" else "socket.io#/#"

    async def scenario():
        server = ShardedServer()
        server.listen(room_channel)
        async with clients(pair) as peers:
            sockets = [await peer.connected() for peer in peers]
            for socket in sockets:
                await socket.send_str('421["join","hall"]')
                assert await receive(socket) == "431[]"

            async def everybody(*expected):
                for socket in sockets:
                    assert [await receive(socket) for _ in expected] == list(expected)

            # From Node: to a room, to all, with binary values, volatile, and to two rooms at once.
            packet = {"type": 2, "data": ["hello", "world", {"n": 1}]}
            server.publish(room_channel, sharded(3, packet=packet, opts=options("hall")))
            await everybody('42["hello","world",{"n":1}]')
            server.publish("socket.io#/#", sharded(3, packet=packet, opts=options()))
            await everybody('42["hello","world",{"n":1}]')
            binary = {
                "type": 3,
                "data": {"packet": {"type": 2, "data": ["b", b"\x01\x02"]}, "opts": options("hall")},
                "uid": server.uid,
                "nsp": "/",
            }
            server.publish(room_channel, msgpack.packb(binary))
            await everybody('451-["b",{"_placeholder":true,"num":0}]', b"\x01\x02")
            server.publish(
                "socket.io#/#", sharded(3, packet={"type": 2, "data": ["two"]}, opts=options("hall", "elsewhere", volatile=True))
            )
            await everybody('42["two"]')
            server.publish("socket.io#/#", sharded(3, packet={"type": 2, "data": ["nobody"]}, opts=options("elsewhere")))

            # To Node, and to the other hub: the bytes that JSON.stringify would write.
            while server.spy.get_message(timeout=0.2):
                pass
            await sockets[0].send_str('42["publish","hall","news",{"n":2}]')
            await everybody('42["news",{"n":2}]')
            channel, payload, message = await asyncio.to_thread(server.hear)
            assert channel == room_channel
            assert payload.decode() == sharded(
                3, message["uid"], packet={"type": 2, "data": ["news", {"n": 2}]}, opts=options("hall"))
            await sockets[1].send_str('451-["publish","hall","b",{"_placeholder":true,"num":0}]')
            await sockets[1].send_bytes(b"\x07")
            await everybody('451-["b",{"_placeholder":true,"num":0}]', b"\x07")
            channel, payload, message = await asyncio.to_thread(server.hear)
            assert channel == room_channel and message["data"]["packet"] == {"type": 2, "data": ["b", b"\x07"]}, payload
            for socket in sockets:
                await socket.close()
        server.close()
    run(scenario())


def test_requests_of_the_sharded_adapter_are_answered(shards):
    mode, pair = shards

    async def scenario():
        server = ShardedServer()
        server.listen(f"socket.io#/#{server.uid}#")
        async with clients(pair) as peers:
            sockets = [await peer.connected() for peer in peers]
            count = server.database.execute_command("PUBSUB", "SHARDNUMSUB", "socket.io#/#")[1]
            assert count == 2
            for socket in sockets:
                await socket.send_str('421["join","stalls"]')
                assert await receive(socket) == "431[]"

            def ask(*arguments, **data):
                return asyncio.to_thread(server.ask, *arguments, **data)

            answers = await ask(7, count, opts=options("stalls"))
            assert all(answer["type"] == 8 and answer["nsp"] == "/" and answer["uid"] != server.uid for answer in answers)
            found = [entry for answer in answers for entry in answer["data"]["sockets"]]
            assert len(found) == 2 and all(
                {"id", "handshake", "rooms", "data"} <= set(entry) and "stalls" in entry["rooms"] for entry in found
            )
            answers = await ask(9, count, packet=["anything", 1])
            assert [answer["type"] for answer in answers] == [10, 10]

            # Join, to one socket by its id (names of that length have no channel of their own), and away.
            server.publish("socket.io#/#", sharded(4, opts=options("stalls"), rooms=["balcony"]))
            for _ in range(100):
                answers = await ask(7, count, opts=options("balcony"))
                if sum(len(answer["data"]["sockets"]) for answer in answers) == 2:
                    break
            else:
                raise AssertionError(answers)
            server.publish("socket.io#/#", sharded(3, packet={"type": 2, "data": ["to you"]}, opts=options(found[0]["id"])))
            everyone = {**options("balcony"), "except": [found[0]["id"]]}
            server.publish(
                "socket.io#/#balcony#" if mode == "sharded" else "socket.io#/#",
                sharded(3, packet={"type": 2, "data": ["to the balcony"]}, opts=everyone),
            )
            assert {await receive(socket) for socket in sockets} == {'42["to you"]', '42["to the balcony"]'}
            server.publish("socket.io#/#", sharded(5, opts=options("stalls"), rooms=["balcony"]))

            # An event with acknowledgement: how many get it, and what each answers.
            async def reply(socket, value):
                packet = await receive(socket)
                assert packet.startswith("42") and packet.endswith('["question",1]'), packet
                await socket.send_str(f"43{packet[2:packet.index('[')]}[{json.dumps(value)}]")
            asked = asyncio.create_task(
                ask(3, count + 2, packet={"type": 2, "data": ["question", 1]}, opts=options("stalls", timeout=5000))
            )
            await asyncio.gather(*[reply(socket, value) for socket, value in zip(sockets, ["left", "right"])])
            answers = await asked
            assert sum(answer["data"]["clientCount"] for answer in answers if answer["type"] == 11) == 2
            assert sorted(answer["data"]["packet"] for answer in answers if answer["type"] == 12) == ["left", "right"]

            server.publish("socket.io#/#", sharded(6, opts=options("stalls"), close=True))
            for socket in sockets:
                assert [await receive(socket), await receive(socket)] == ["41", "closed"]
        server.close()
    run(scenario())
