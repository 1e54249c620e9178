// What other servers and emitters ask all hubs: who is there, enter or leave rooms, go away, answer an event. A server that subscribes to
// requests is counted by those who ask, so every one that wants an answer gets one.
import TiketiJSON
import TiketiNet
import TiketiStore

/// Answers requests of @socket.io/redis-adapter and @socket.io/redis-emitter about the sockets of this process.
struct HubRequests: Sendable {
    let sockets: HubSockets
    let redis: RedisClient
    let uid: String

    /// The request types of the adapter.
    private enum Kind: Int64 {
        case sockets = 0
        case allRooms, remoteJoin, remoteLeave, remoteDisconnect, remoteFetch, serverSideEmit, broadcast, clientCount, acknowledgement
    }

    static func channel(_ namespace: String) -> String { "\(HubWire.prefix)-request#\(namespace)#" }
    private static func responseChannel(_ namespace: String) -> String { "\(HubWire.prefix)-response#\(namespace)#" }

    func handle(_ request: MessagePackValue, _ namespace: String) async {
        guard let kind = request["type"]?.int.flatMap({ Kind(rawValue: $0) }), request["uid"]?.string != uid else { return }
        let target = HubMessage.target(request["opts"])
        switch kind {
        case .sockets:
            let rooms = BroadcastTarget(rooms: request["rooms"]?.strings ?? [])
            let ids = await sockets.gather(namespace, rooms) { MessagePackValue.string($0.id) }
            answer(request, namespace, [("sockets", .array(ids))])
        case .allRooms:
            let rooms = await sockets.rooms(namespace)
            answer(request, namespace, [("rooms", .array(rooms.sorted().map { .string($0) }))])
        case .remoteJoin: await change(request, namespace, target) { socket, room in await socket.join(room) }
        case .remoteLeave: await change(request, namespace, target) { socket, room in socket.leave(room) }
        case .remoteDisconnect:
            let closes = request["close"] == .bool(true)
            _ = await sockets.gather(namespace, only(request, target)) { $0.disconnect(closingConnection: closes) }
        case .remoteFetch:
            let found = await sockets.gather(namespace, target) { HubSockets.description(of: $0) }
            answer(request, namespace, [("sockets", .array(found))])
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
        await sockets.change(namespace, target, rooms: rooms, act)
        // The form that names one socket wants to know that it has been done.
        if request["opts"] == nil { answer(request, namespace, []) }
    }

    // MARK: Events with acknowledgement

    private func broadcast(_ request: MessagePackValue, _ namespace: String, _ target: BroadcastTarget) async {
        guard let data = request["packet"]?["data"]?.array, data.first?.string != nil else { return }
        let timeout = request["opts"]?["flags"]?["timeout"]?.int
        let count = await sockets.ask(namespace, target, data, timeout: timeout) { acknowledge(request, namespace, $0) }
        answer(request, namespace, [("type", .int(Kind.clientCount.rawValue)), ("clientCount", .int(Int64(count)))])
    }

    /// A client's answer: its first argument, as the adapter passes it on.
    private func acknowledge(_ request: MessagePackValue, _ namespace: String, _ reply: MessagePackValue) {
        let fields: [(String, MessagePackValue)] = [
            ("type", .int(Kind.acknowledgement.rawValue)), ("requestId", request["requestId"] ?? .null), ("packet", reply),
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
