// The behaviour that the official socket.io-protocol test suite and stock clients need to test against. Never on in production.
import TiketiCore
import TiketiNet
import TiketiRealtime

/// Lets everybody in, echoes events and acknowledgements, and gives clients rooms of any name. Clients with a good token have the
/// product's own events besides.
struct ConformanceNamespace: SocketNamespace {
    let product: LiveNamespace
    let server: ServerHolder
    /// Between the answer to CONNECT and the first event: a client that looks at one message at a time must see both, even when it reads
    /// all that has arrived at once.
    private static let pause = Duration.milliseconds(10)

    /// What a connection of this namespace is known by.
    private struct Guest: Sendable {
        let auth: [UInt8]
        let member: LiveMember?
    }

    func authorize(_ request: SocketConnectRequest) async -> SocketDecision {
        let decision = await product.authorize(request)
        guard case .accept(let rooms, let data, let identity) = decision else {
            return .accept(data: Guest(auth: request.auth, member: nil))
        }
        return .accept(rooms: rooms, data: Guest(auth: request.auth, member: data as? LiveMember), identity: identity)
    }

    func connected(_ socket: Socket) async {
        await product.connected(socket)
        if let member = (socket.data as? Guest)?.member { product.resume(socket, member) }
        try? await socket.loop.sleep(nanoseconds: Self.pause.nanoseconds)
        let auth = (socket.data as? Guest)?.auth ?? []
        socket.emit("auth", SocketArguments(json: auth.isEmpty ? Array("{}".utf8) : auth))
    }

    func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason) {
        product.disconnected(socket, reason)
        (socket.data as? Guest)?.member?.release()
    }

    func received(_ event: SocketEvent, from socket: Socket) async {
        switch event.name {
        case "message": socket.emit("message-back", event.arguments)
        case "message-with-ack": event.acknowledge(event.arguments)
        case "ask-me":
            let answer = try? await socket.call("question", event.arguments, timeout: .seconds(5))
            socket.emit("answered", answer ?? SocketArguments(json: "null"))
        case "join":
            if let room = event.string(0) { await socket.join(room) }
            event.acknowledge()
        case "leave":
            if let room = event.string(0) { socket.leave(room) }
            event.acknowledge()
        case "publish":
            if let room = event.string(0), let name = event.string(1) {
                server.get()?.emit(name, event.arguments(from: 2), namespace: socket.namespace, to: BroadcastTarget(rooms: [room]))
            }
            event.acknowledge()
        default:
            if let member = (socket.data as? Guest)?.member { await product.received(event, from: socket, member) }
        }
    }
}
