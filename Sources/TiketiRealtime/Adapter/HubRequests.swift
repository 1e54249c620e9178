// What other servers and emitters ask all hubs: who is there, enter or leave rooms, go away, answer an event. A server that subscribes to
// requests is counted by those who ask, so every one that wants an answer gets one.
import TiketiJSON
import TiketiNet
import TiketiStore

/// Answers requests of @socket.io/redis-adapter and @socket.io/redis-emitter about the sockets of this process.
struct HubRequests: Sendable {
    let hub: HubReference
    let redis: RedisClient
    let uid: String

    /// The request types of the adapter.
    private enum Kind: Int64 {
        case sockets = 0
        case allRooms, remoteJoin, remoteLeave, remoteDisconnect, remoteFetch, serverSideEmit, broadcast, clientCount, acknowledgement
    }

    static func channel(_ namespace: String) -> String { "\(ClassicMessage.prefix)-request#\(namespace)#" }
    private static func responseChannel(_ namespace: String) -> String { "\(ClassicMessage.prefix)-response#\(namespace)#" }
    private static let ackTimeoutMilliseconds = 10_000

    /// JSON when it begins like it, else MessagePack; nil for neither.
    static func read(_ payload: [UInt8]) -> MessagePackValue? {
        payload.first == UInt8(ascii: "{") ? MessagePackValue(json: payload) : try? MessagePackReader.decode(payload)
    }

    func handle(_ request: MessagePackValue, _ namespace: String) async {
        guard let kind = request["type"]?.int.flatMap({ Kind(rawValue: $0) }), request["uid"]?.string != uid else { return }
        let target = BroadcastTarget(rooms: request["opts"]?["rooms"]?.strings ?? [], except: request["opts"]?["except"]?.strings ?? [])
        switch kind {
        case .sockets:
            let rooms = BroadcastTarget(rooms: request["rooms"]?.strings ?? [])
            let ids = await gather(namespace, rooms) { MessagePackValue.string($0.id) }
            answer(request, namespace, [("sockets", .array(ids))])
        case .allRooms:
            let rooms = await hub.onShards { shard in shard.namespace(namespace).roomNames }
            answer(request, namespace, [("rooms", .array(Set(rooms.joined()).sorted().map { .string($0) }))])
        case .remoteJoin: await change(request, namespace, target) { socket, room in await socket.join(room) }
        case .remoteLeave: await change(request, namespace, target) { socket, room in socket.leave(room) }
        case .remoteDisconnect:
            let closes = request["close"] == .bool(true)
            _ = await gather(namespace, only(request, target)) { $0.disconnect(closingConnection: closes) }
        case .remoteFetch:
            let sockets = await gather(namespace, target) { Self.description(of: $0) }
            answer(request, namespace, [("sockets", .array(sockets))])
        case .serverSideEmit:
            // Nobody here listens for these events; who waits for an answer need not wait in vain.
            if request["requestId"] != nil { answer(request, namespace, [("type", .int(kind.rawValue)), ("data", .null)]) }
        case .broadcast: await broadcast(request, namespace, target)
        case .clientCount, .acknowledgement: return
        }
    }

    /// Either all sockets that match, or the one that is named.
    private func only(_ request: MessagePackValue, _ target: BroadcastTarget) -> BroadcastTarget {
        request["opts"] == nil ? BroadcastTarget(rooms: [request["sid"]?.string ?? ""]) : target
    }

    private func change(
        _ request: MessagePackValue, _ namespace: String, _ target: BroadcastTarget,
        _ act: @escaping @Sendable (Socket, String) async -> Void
    ) async {
        let rooms = request["rooms"]?.strings ?? request["room"]?.string.map { [$0] } ?? []
        let target = only(request, target)
        _ = await hub.onShards { shard in
            for socket in shard.namespace(namespace).matching(target) {
                for room in rooms { await act(socket, room) }
            }
        }
        // The form that names one socket wants to know that it has been done.
        if request["opts"] == nil { answer(request, namespace, []) }
    }

    private func gather<Value: Sendable>(
        _ namespace: String, _ target: BroadcastTarget, _ read: @escaping @Sendable (Socket) -> Value
    ) async -> [Value] {
        await hub.onShards { shard in shard.namespace(namespace).matching(target).map(read) }.flatMap { $0 }
    }

    /// As Node's fetchSockets shows a socket; what a client sent to prove who it is stays here.
    private static func description(of socket: Socket) -> MessagePackValue {
        let handshake: [(String, MessagePackValue)] = [
            ("headers", .map([])), ("address", .string(socket.handshake.peer.host)), ("xdomain", .bool(false)), ("secure", .bool(false)),
            ("url", .string("/socket.io/")), ("query", .map([])), ("auth", .map([])),
        ]
        let rooms = ([socket.id] + socket.rooms).map { MessagePackValue.string($0) }
        return .map([("id", .string(socket.id)), ("handshake", .map(handshake)), ("rooms", .array(rooms)), ("data", .map([]))])
    }

    // MARK: Events with acknowledgement

    private func broadcast(_ request: MessagePackValue, _ namespace: String, _ target: BroadcastTarget) async {
        guard let data = request["packet"]?["data"]?.array, let event = data.first?.string else { return }
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        MessagePackValue.array(Array(data.dropFirst())).appendJSON(to: &json, &attachments)
        let arguments = SocketArguments(json: Array(json.dropFirst().dropLast()), attachments: attachments)
        let timeout = request["opts"]?["flags"]?["timeout"]?.int.map { Int(clamping: $0) } ?? Self.ackTimeoutMilliseconds
        let counts = await hub.onShards { shard in
            let sockets = shard.namespace(namespace).matching(target)
            for socket in sockets {
                shard.loop.spawn {
                    guard let reply = try? await socket.call(event, arguments, timeoutMilliseconds: timeout) else { return }
                    acknowledge(request, namespace, reply)
                }
            }
            return sockets.count
        }
        let count = Int64(counts.reduce(0, +))
        answer(request, namespace, [("type", .int(Kind.clientCount.rawValue)), ("clientCount", .int(count))])
    }

    /// A client's answer: its first argument, as the adapter passes it on.
    private func acknowledge(_ request: MessagePackValue, _ namespace: String, _ reply: SocketArguments) {
        let list = MessagePackValue(json: [UInt8(ascii: "[")] + reply.json + [UInt8(ascii: "]")], attachments: reply.attachments)?.array
        let fields: [(String, MessagePackValue)] = [
            ("type", .int(Kind.acknowledgement.rawValue)), ("requestId", request["requestId"] ?? .null), ("packet", list?.first ?? .null),
        ]
        publish(Self.responseChannel(namespace), MessagePackValue.map(fields).encoded())
    }

    // MARK: Answers

    private func answer(_ request: MessagePackValue, _ namespace: String, _ fields: [(String, MessagePackValue)]) {
        guard let id = request["requestId"] else { return }
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        MessagePackValue.map([("requestId", id)] + fields).appendJSON(to: &json, &attachments)
        publish(Self.responseChannel(namespace), json)
    }

    private func publish(_ channel: String, _ payload: [UInt8]) {
        let redis = redis
        guard let loop = EventLoop.current else { return }
        // Who asked gives up after some seconds when this is lost.
        loop.spawn { _ = try? await redis.publish(channel, payload) }
    }
}
