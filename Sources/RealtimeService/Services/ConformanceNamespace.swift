// The behaviour that the official socket.io-protocol test suite expects of the server under test. Never on in production.
import TiketiRealtime

/// Echoes events and acknowledgements; serves `/` and `/custom` instead of the product's namespace when SOCKET_IO_CONFORMANCE is true.
struct ConformanceNamespace: SocketNamespace {
    func authorize(_ request: SocketConnectRequest) async -> SocketDecision { .accept(data: request.auth) }

    func connected(_ socket: Socket) async {
        let auth = socket.data as? [UInt8] ?? []
        socket.emit("auth", SocketArguments(json: auth.isEmpty ? Array("{}".utf8) : auth))
    }

    func received(_ event: SocketEvent, from socket: Socket) async {
        switch event.name {
        case "message": socket.emit("message-back", event.arguments)
        case "message-with-ack": event.acknowledge(event.arguments)
        case "ask-me":
            let answer = try? await socket.call("question", event.arguments, timeoutMilliseconds: 5000)
            socket.emit("answered", answer ?? SocketArguments(json: "null"))
        default: break
        }
    }
}
