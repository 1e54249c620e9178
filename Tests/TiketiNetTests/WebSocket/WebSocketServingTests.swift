import Testing
import TiketiTesting

@testable import TiketiNet

/// Sends everything back, and counts ends.
private final class Echo: WebSocketReceiver, Sendable {
    let ends = Locked<[WebSocketError.Code?]>([])

    func webSocket(_ connection: WebSocketConnection, received message: WebSocketMessage) {
        switch message {
        case .text("bye"): connection.close(.goingAway, reason: "said bye")
        case .text("cut"): connection.abort()
        default: connection.send(message.kind == .text ? .text : .binary, message.bytes)
        }
    }

    func webSocket(_ connection: WebSocketConnection, endedWith error: WebSocketError?) { ends.withLock { $0.append(error?.code) } }
}

/// Connections that a receiver serves without a task behave like those that a task reads.
@Suite(.timeLimit(.minutes(5))) struct WebSocketServingTests {
    private func server(_ echo: Echo, on loop: EventLoop, limit: Int = 1_000_000) async throws -> (HTTPServer, Int) {
        var configuration = WebSocketConfiguration()
        configuration.maximumMessageBytes = limit
        let settings = configuration
        let server = HTTPServer(group: .shared) { request in
            WebSocketUpgrade.handover(for: request, configuration: settings, to: loop) { connection in
                assert(connection.loop === loop && loop.isCurrent)
                connection.serve(echo)
            }
        }
        return (server, try await server.start(host: "127.0.0.1", port: 0))
    }

    /// Sends `bytes` behind a handshake and returns everything that comes behind the answer, until the end.
    private func raw(_ port: Int, _ bytes: [UInt8]) async throws -> [UInt8] {
        try await EventLoopGroup.shared.next().run {
            let stream = try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 20_000_000_000)
            defer { stream.close() }
            let head =
                "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            stream.write(Array(head.utf8) + bytes)
            let buffer = ByteBuffer()
            while let count = try? await stream.read(into: buffer), count > 0 {}
            let answer = Array(buffer.readable)
            return Array(answer[(answer.firstRange(of: [13, 10, 13, 10])?.upperBound ?? answer.count)...])
        }
    }

    private func client<Value: Sendable>(
        _ port: Int, _ body: @escaping @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        try await EventLoopGroup.shared.next().run {
            let connection = try await WebSocketClient.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/")
            defer { connection.abort() }
            return try await body(connection)
        }
    }

    /// The ends a receiver was told of, when there are as many as expected.
    private func ends(_ echo: Echo, _ count: Int) async throws -> [WebSocketError.Code?] {
        try await eventually { echo.ends.withLock { $0.count } >= count }
        return echo.ends.withLock { $0 }
    }

    @Test func echoesEverySizeOnEveryLoop() async throws {
        for loop in EventLoopGroup.shared.loops {
            let echo = Echo()
            let (server, port) = try await server(echo, on: loop)
            try await client(port) { connection in
                for size in [0, 1, 125, 126, 65_535, 65_536, 900_000] {
                    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    connection.send(binary: bytes)
                    connection.ping([1])
                    let answer = try await connection.receive()
                    #expect(answer == .binary(bytes))
                }
                connection.send(text: "bye")
                let answer = try await connection.receive()
                #expect(answer == nil && connection.closeCode == .goingAway)
            }
            #expect(try await ends(echo, 1) == [nil])
            await server.stop()
        }
    }

    @Test func earlyFramesAndViolations() async throws {
        let echo = Echo()
        let (server, port) = try await server(echo, on: EventLoopGroup.shared.loops[1], limit: 100)
        let early = WebSocketEncoder.frame(.text, Array("early".utf8), mask: 1) + WebSocketEncoder.frame(.close, [3, 232], mask: 2)
        #expect(try await raw(port, early) == [0x81, 5] + Array("early".utf8) + [0x88, 2, 3, 232])
        let cases: [([UInt8], UInt16)] = [
            ([0x81, 0x01, 65], 1002), (WebSocketEncoder.frame(.text, [0xFF], mask: 3), 1007),
            (WebSocketEncoder.frame(.binary, [UInt8](repeating: 0, count: 500_000), mask: 3), 1009),
        ]
        for (frame, code) in cases {
            let answer = try await raw(port, frame)
            #expect(answer.first == 0x88 && answer.count >= 4 && answer[2..<4] == [UInt8(code >> 8), UInt8(code & 255)], "\(code)")
        }
        #expect(try await ends(echo, 4) == [nil, .protocolError, .invalidUTF8, .tooBig])
        await server.stop()
    }

    @Test func lostAndCutConnections() async throws {
        let echo = Echo()
        let (server, port) = try await server(echo, on: EventLoopGroup.shared.loops[0])
        try await client(port) { $0.abort() }
        #expect(try await ends(echo, 1) == [.closed])
        // Who cuts a connection is not told of it.
        try await client(port) { connection in
            connection.send(text: "cut")
            let answer = try? await connection.receive()
            #expect(answer == nil)
        }
        try await client(port) { $0.abort() }
        #expect(try await ends(echo, 2) == [.closed, .closed])
        // The places of ended connections are free again.
        try await eventually { server.openConnections == 0 }
        await server.stop()
    }
}
