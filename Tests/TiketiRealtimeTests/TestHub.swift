import TiketiNet

@testable import TiketiRealtime

/// A Socket.IO server on a free port, with times that a busy machine does not reach, and with the behaviour that the protocols' official
/// test suites expect of the server under test.
struct TestHub {
    let server: SocketIOServer
    let http: HTTPServer
    let port: Int

    static func start(
        group: EventLoopGroup = .shared, adapter: (any HubAdapter)? = nil, namespaces: [String: any SocketNamespace]? = nil,
        _ configure: (inout SocketIOConfiguration) -> Void = { _ in }
    ) async throws -> TestHub {
        var configuration = SocketIOConfiguration()
        configure(&configuration)
        let server = SocketIOServer(
            configuration, group: group, adapter: adapter,
            namespaces: namespaces ?? ["/": ConformanceNamespace(), "/custom": ConformanceNamespace()])
        let http = HTTPServer(group: group) { request in
            server.owns(request.path) ? await server.handle(request) : HTTPResponse(status: HTTPStatus(404))
        }
        return TestHub(server: server, http: http, port: try await http.start(host: "127.0.0.1", port: 0))
    }

    /// One request on a connection of its own; status, lower-cased headers and body.
    func request(
        _ method: String = "GET", _ query: String, body: String? = nil, headers: [String] = [], path: String = "/socket.io/",
        readsToEnd: Bool = true
    ) async throws -> Answer {
        let port = port
        return try await EventLoopGroup.shared.next().run {
            let stream = try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 5_000_000_000)
            defer { stream.close() }
            var head = "\(method) \(path)?\(query) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
            for header in headers { head += header + "\r\n" }
            if let body { head += "Content-Length: \(body.utf8.count)\r\n\r\n" + body } else { head += "\r\n" }
            stream.write(Array(head.utf8))
            let buffer = ByteBuffer()
            while try await stream.read(into: buffer) > 0, readsToEnd {}
            return Answer(String(decoding: buffer.readable, as: UTF8.self))
        }
    }

    func openPolling(_ loopHint: Int = 0) async throws -> String {
        let answer = try await request("GET", "EIO=4&transport=polling")
        let start = answer.body.firstRange(of: "\"sid\":\"")!.upperBound
        return String(answer.body[start...].prefix(20))
    }

    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: String

        init(_ text: String) {
            let end = text.firstRange(of: "\r\n\r\n")
            let lines = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\r\n")
            status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                if pair.count == 2 { headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " }) }
            }
            self.headers = headers
            body = end.map { String(text[$0.upperBound...]) } ?? ""
        }
    }

    /// Runs `body` with a WebSocket to the hub; within another's, on the same loop.
    func websocket<Value: Sendable>(
        _ query: String, headers: [(String, String)] = [], configuration: WebSocketConfiguration = .init(),
        _ body: @escaping @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        let port = port
        return try await (EventLoop.current ?? EventLoopGroup.shared.next()).run {
            let connection = try await WebSocketClient.connect(
                to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/socket.io/?\(query)", headers: headers,
                configuration: configuration)
            defer { connection.abort() }
            return try await body(connection)
        }
    }
}

/// Echoes events and acknowledgements as the reference server of the official suite does.
struct ConformanceNamespace: SocketNamespace {
    func connected(_ socket: Socket) async {
        socket.emit("auth", SocketArguments(json: (socket.data as? [UInt8]).flatMap { $0.isEmpty ? nil : $0 } ?? Array("{}".utf8)))
    }

    func authorize(_ request: SocketConnectRequest) async -> SocketDecision { .accept(data: request.auth) }

    func received(_ event: SocketEvent, from socket: Socket) async {
        switch event.name {
        case "message": socket.emit("message-back", event.arguments)
        case "message-with-ack": event.acknowledge(event.arguments)
        case "join":
            await socket.join(String(decoding: event.argument(0) ?? [], as: UTF8.self).filter { $0 != "\"" })
            event.acknowledge()
        case "leave":
            socket.leave(String(decoding: event.argument(0) ?? [], as: UTF8.self).filter { $0 != "\"" })
            event.acknowledge()
        case "ask-me":
            let answer = try? await socket.call("question", timeout: .seconds(1))
            socket.emit("answered", answer ?? SocketArguments(json: "null"))
        case "kick": socket.disconnect(closingConnection: event.argument(0) == Array("true".utf8))
        default: break
        }
    }
}

extension WebSocketConnection {
    /// The next message as text, pings left out; binary as "b" and numbers; "closed" at the end.
    func next() async -> String {
        while true {
            guard let message = try? await receive() else { return "closed" }
            if message.kind == .binary { return "b\(message.bytes)" }
            if message.text != "2" { return message.text }
            send(text: "3")
        }
    }
}
