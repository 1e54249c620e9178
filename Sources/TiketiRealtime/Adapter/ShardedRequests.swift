// What servers with Node's sharded adapter ask all others (ClusterMessage of socket.io-adapter): who is there, enter or leave rooms, go
// away, answer an event. Who asks counts the subscribers of the namespace's channel, so every hub answers.
import TiketiJSON
import TiketiNet
import TiketiStore

/// Answers on the asker's own channel.
struct ShardedRequests: Sendable {
    let sockets: HubSockets
    let redis: RedisClient
    let uid: String
    let wire: HubWire

    /// The message types (MessageType of socket.io-adapter).
    private enum Kind: Int64 {
        case initialHeartbeat = 1
        case heartbeat, broadcast, join, leave, disconnect, fetch, fetchResponse, serverSideEmit, serverSideEmitResponse
        case clientCount, acknowledgement, close
    }

    func handle(_ request: MessagePackValue) async {
        guard let kind = request["type"]?.int.flatMap({ Kind(rawValue: $0) }), let asker = request["uid"]?.string, asker != uid,
            let namespace = request["nsp"]?.string
        else { return }
        let body = request["data"]
        let target = HubMessage.target(body?["opts"])
        let rooms = body?["rooms"]?.strings ?? []
        @Sendable func answer(_ kind: Kind, _ name: String, _ value: MessagePackValue) {
            guard let id = body?["requestId"] else { return }
            send(kind, .map([("requestId", id), (name, value)]), namespace, to: asker)
        }
        switch kind {
        case .broadcast:
            let data = body?["packet"]?["data"]?.array ?? []
            let timeout = body?["opts"]?["flags"]?["timeout"]?.int
            let count = await sockets.ask(namespace, target, data, timeout: timeout) { answer(.acknowledgement, "packet", $0) }
            answer(.clientCount, "clientCount", .int(Int64(count)))
        case .join: await sockets.change(namespace, target, rooms: rooms) { socket, room in await socket.join(room) }
        case .leave: await sockets.change(namespace, target, rooms: rooms) { socket, room in socket.leave(room) }
        case .disconnect:
            let closes = body?["close"] == .bool(true)
            _ = await sockets.gather(namespace, target) { $0.disconnect(closingConnection: closes) }
        case .fetch: answer(.fetchResponse, "sockets", .array(await sockets.gather(namespace, target) { HubSockets.description(of: $0) }))
        // Nobody here listens for these events; who waits for an answer need not wait in vain.
        case .serverSideEmit: answer(.serverSideEmitResponse, "packet", .null)
        // We ask nothing, and count nobody.
        case .initialHeartbeat, .heartbeat, .fetchResponse, .serverSideEmitResponse, .clientCount, .acknowledgement, .close: return
        }
    }

    private func send(_ kind: Kind, _ body: MessagePackValue, _ namespace: String, to asker: String) {
        let message = MessagePackValue.map([
            ("type", .int(kind.rawValue)), ("data", body), ("uid", .string(uid)), ("nsp", .string(namespace)),
        ])
        let redis = redis
        let words: [RedisArgument] = [
            .string(wire.verb), .string("\(wire.channel(namespace, rooms: []))\(asker)#"), .bytes(message.shardedBytes()),
        ]
        guard let loop = EventLoop.current else { return }
        // Who asked gives up after some seconds when this is lost.
        loop.spawn { _ = try? await redis.send(words) }
    }
}
