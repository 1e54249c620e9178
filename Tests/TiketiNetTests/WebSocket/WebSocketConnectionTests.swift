import Testing
import TiketiTesting

@testable import TiketiNet

/// The next message, with errors of any type: the macros can't pass typed ones through.
private func next(_ connection: WebSocketConnection) async throws -> WebSocketMessage? { try await connection.receive() }

@Suite(.timeLimit(.minutes(5))) struct WebSocketConnectionTests {
    /// An echo server; `loop` moves connections there.
    private func server(on loop: EventLoop? = nil, _ configure: (inout WebSocketConfiguration) -> Void = { _ in }) async throws -> (
        HTTPServer, Int
    ) {
        var configuration = WebSocketConfiguration()
        configure(&configuration)
        let settings = configuration
        let server = HTTPServer(group: .shared) { request in
            WebSocketUpgrade.response(for: request, configuration: settings, on: loop) { connection in
                if let loop { assert(connection.loop === loop) }
                while let message = try? await connection.receive() {
                    if message == .text("bye") {
                        connection.close(.goingAway, reason: "said bye")
                    } else {
                        connection.send(message.kind == .text ? .text : .binary, message.bytes)
                    }
                }
            }
        }
        return (server, try await server.start(host: "127.0.0.1", port: 0))
    }

    private func client<Value: Sendable>(
        _ port: Int, configuration: WebSocketConfiguration = .init(),
        _ body: @escaping @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        try await EventLoopGroup.shared.next().run {
            let connection = try await WebSocketClient.connect(
                to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/", configuration: configuration)
            defer { connection.abort() }
            return try await body(connection)
        }
    }

    /// Sends `bytes` on a plain connection and returns everything that comes until the end.
    private func raw(_ port: Int, _ bytes: [UInt8]) async throws -> [UInt8] {
        try await EventLoopGroup.shared.next().run {
            let stream = try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 20_000_000_000)
            defer { stream.close() }
            stream.write(bytes)
            let buffer = ByteBuffer()
            while let count = try? await stream.read(into: buffer), count > 0 {}
            return Array(buffer.readable)
        }
    }

    private func head(_ fields: [String]) -> [UInt8] {
        Array(("GET / HTTP/1.1\r\nHost: x\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private let valid = [
        "Upgrade: WebSocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    /// Two peers with a large message open: there is room for one, until it has ended.
    @Test func unfinishedMessagesShareALimit() async throws {
        let common = UnfinishedBytes(limit: 600_000)
        let (server, port) = try await server { $0.unfinished = common }
        let whole = [UInt8](repeating: 7, count: 400_000)
        let frame = WebSocketEncoder.frame(.binary, whole, mask: 0)
        try await client(port) { one in
            one.stream.write(Array(frame[..<390_000]))
            try await one.stream.flush()
            try await eventually { common.current >= 390_000 - UnfinishedBytes.free }
            try await self.client(port) { two in
                two.stream.write(frame)
                let refused = try await next(two)
                #expect(refused == nil)
                #expect(two.closeCode == .tryAgainLater)
            }
            try await self.client(port) { three in
                let small = Array(whole[..<8_000])
                three.send(binary: small)
                let answer = try await next(three)
                #expect(answer == .binary(small))
            }
            one.stream.write(Array(frame[390_000...]))
            let answer = try await next(one)
            #expect(answer == .binary(whole))
            #expect(common.current == 0)
        }
        await server.stop()
    }

    @Test func echoesEverySize() async throws {
        for loop in [nil, EventLoopGroup.shared.loops[0], EventLoopGroup.shared.loops[1]] {
            let (server, port) = try await server(on: loop)
            try await client(port) { connection in
                for size in [0, 1, 125, 126, 65_535, 65_536, 900_000] {
                    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    connection.send(binary: bytes)
                    connection.ping([1])
                    let answer = try await next(connection)
                    #expect(answer == .binary(bytes))
                }
                connection.send(text: "bye")
                let answer = try await next(connection)
                #expect(answer == nil)
                #expect(connection.closeCode == .goingAway)
            }
            await server.stop()
        }
    }

    /// RFC 6455 §1.3; and a frame in the same segment as the request must not be lost, also when the connection changes its loop.
    @Test func handshakeAndEarlyFrames() async throws {
        for loop in [nil, EventLoopGroup.shared.loops[0], EventLoopGroup.shared.loops[1]] {
            let (server, port) = try await server(on: loop)
            let early = WebSocketEncoder.frame(.text, Array("early".utf8), mask: 1) + WebSocketEncoder.frame(.close, [3, 232], mask: 2)
            let answer = try await raw(port, head(valid) + early)
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 101"))
            #expect(text.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
            #expect(answer.suffix(11) == [0x81, 5] + Array("early".utf8) + [0x88, 2, 3, 232])
            await server.stop()
        }
    }

    @Test func badHandshakesAreRefused() async throws {
        let (server, port) = try await server()
        for index in valid.indices {
            var fields = valid + ["Connection: close"]
            fields[index] = "X-Other: 1"
            let answer = String(decoding: try await raw(port, head(fields)), as: UTF8.self)
            #expect(answer.hasPrefix(index == 2 ? "HTTP/1.1 426" : "HTTP/1.1 400"), "\(answer)")
            if index == 2 { #expect(answer.contains("Sec-WebSocket-Version: 13")) }
        }
        await server.stop()
    }

    @Test func violationsAreAnsweredWithTheirCode() async throws {
        let (server, port) = try await server { $0.maximumMessageBytes = 100 }
        let cases: [([UInt8], UInt16)] = [
            ([0x81, 0x01, 65], 1002), (WebSocketEncoder.frame(.text, [0xFF], mask: 3), 1007),
            (WebSocketEncoder.frame(.binary, [UInt8](repeating: 0, count: 101), mask: 3), 1009),
            (WebSocketEncoder.frame(.close, [3, 237], mask: 3), 1002),
            ([0xC1, 0x80, 0, 0, 0, 0], 1002),
        ]
        for (frame, code) in cases {
            let answer = try await raw(port, head(valid) + frame)
            let end = answer.firstRange(of: [13, 10, 13, 10])!.upperBound
            #expect(answer[end] == 0x88 && answer[(end + 2)..<(end + 4)] == [UInt8(code >> 8), UInt8(code & 255)], "\(code)")
        }
        await server.stop()
    }

    @Test func compressionIsNegotiated() async throws {
        let (server, port) = try await server { $0.deflate = WebSocketDeflateOptions() }
        var configuration = WebSocketConfiguration()
        configuration.deflate = WebSocketDeflateOptions()
        let text = String(repeating: "compressible ", count: 5000)
        try await client(port, configuration: configuration) { connection in
            #expect(connection.compresses)
            for _ in 0..<3 {
                connection.send(text: text)
                let answer = try await next(connection)
                #expect(answer == .text(text))
            }
        }
        try await client(port) { connection in
            #expect(!connection.compresses)
            connection.send(text: text)
            let answer = try await next(connection)
            #expect(answer == .text(text))
        }
        await server.stop()
    }

    @Test func aVanishedPeerIsAnError() async throws {
        let (server, port) = try await server()
        try await client(port) { connection in
            await server.stop()
            let answer = try? await next(connection)
            #expect(answer == nil && connection.closeCode == nil)
        }
    }
}
