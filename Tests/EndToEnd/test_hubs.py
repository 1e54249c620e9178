"""Two hubs behind two gateways: every session finds its hub through either gateway, events and requests of Node's Redis adapter reach both."""

import asyncio
import contextlib
import json
import time

import aiohttp
import hubs
import msgpack
import pytest
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
            everyone = msgpack.packb(["emitter", {"type": 2, "data": ["to the balcony"], "nsp": "/"}, {"rooms": ["balcony"], "flags": {}, "except": [one]}])
            await database.publish("socket.io#/#balcony#", everyone)
            assert {await receive(socket) for socket in sockets} == {'42["to you"]', '42["to the balcony"]'}
            await server.tell(type=3, opts={"rooms": ["balcony"], "except": []}, rooms=["balcony"])

            # An event with acknowledgement: how many get it, and what each answers.
            async def reply(socket, value):
                packet = await receive(socket)
                assert packet.startswith("42") and packet.endswith('["question",1]'), packet
                await socket.send_str(f"43{packet[2:packet.index('[')]}[{json.dumps(value)}]")
            packet = {"type": 2, "data": ["question", 1], "nsp": "/"}
            asked = asyncio.create_task(server.ask(count + 2, packed=True, type=7, packet=packet, opts={"rooms": ["stalls"], "except": [], "flags": {"timeout": 5000}}))
            await asyncio.gather(*[reply(socket, value) for socket, value in zip(sockets, ["left", "right"])])
            answers = await asked
            assert sum(answer.get("clientCount", 0) for answer in answers) == 2
            assert sorted(answer["packet"] for answer in answers if answer["type"] == 9) == ["left", "right"]

            await server.tell(type=4, opts={"rooms": ["stalls"], "except": []}, close=True)
            assert [await receive(socket) for socket in sockets] == ["closed", "closed"]
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
