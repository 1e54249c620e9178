// WebSockets and polls through the gateway to the hub, unbuffered and with back-pressure.
import Synchronization
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct UpgradeTests {
    private static let handshake = """
        GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r
        Host: tiketi.test\r
        Upgrade: websocket\r
        Connection: keep-alive, Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        \r

        """

    private func echo() async throws -> Upstreams {
        try await Upstreams.start { request in
            WebSocketUpgrade.response(for: request, configuration: WebSocketConfiguration()) { connection in
                while let message = (try? await connection.receive()) ?? nil {
                    connection.send(text: "echo " + message.text)
                    if message.text == "bye" { return }
                    try? await connection.flush()
                }
            }
        }
    }

    /// A masked text frame (RFC 6455 5.2), mask zero.
    private static func frame(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        precondition(bytes.count < 126)
        return [0x81, 0x80 | UInt8(bytes.count), 0, 0, 0, 0] + bytes
    }

    @Test func framesGoBothWays() async throws {
        let upstream = try await echo()
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            // The first frame comes in one packet with the request: it must not be lost.
            try await connection.send(Array(Self.handshake.utf8) + Self.frame("early"))
            let head = try await connection.head().lowercased()
            #expect(head.hasPrefix("http/1.1 101 "))
            #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
            #expect(head.contains("upgrade: websocket\r\n"))
            #expect(head.contains("connection: upgrade\r\n"))
            #expect(try await connection.bytes(12) == [0x81, 10] + Array("echo early".utf8))
            for index in 0..<50 {
                try await connection.send(Self.frame("message \(index)"))
                let expected = Array("echo message \(index)".utf8)
                #expect(try await connection.bytes(2 + expected.count) == [0x81, UInt8(expected.count)] + expected)
            }
            // The hub's farewell arrives, then the connection ends on this side too.
            try await connection.send(Self.frame("bye"))
            let rest = try await connection.toEnd()
            #expect(rest.starts(with: [0x81, 8] + Array("echo bye".utf8)))
            connection.stream.close()
        }
        #expect(upstream.seen.first?.headers["x-forwarded-host"] == "tiketi.test")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func aRefusedUpgradeIsAnOrdinaryAnswer() async throws {
        let upstream = try await Upstreams.start { _ in HTTPResponse(status: .badRequest, body: .bytes(Array(#"{"code":3}"#.utf8))) }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            try await connection.send(Self.handshake)
            #expect(try await connection.head().hasPrefix("HTTP/1.1 400 "))
            #expect(try await connection.bytes(10) == Array(#"{"code":3}"#.utf8))
            connection.stream.close()
        }
        try await gateway.close()
        await upstream.stop()
    }

    @Test func aQuietConnectionIsCut() async throws {
        let upstream = try await echo()
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["REALTIME_TIMEOUT_SECONDS": "2"])
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            try await connection.send(Self.handshake)
            #expect(try await connection.head().hasPrefix("HTTP/1.1 101 "))
            // What moves is kept, however long it lasts.
            let loop = connection.stream.loop
            let opened = loop.now
            while loop.now - opened < 3_000_000_000 {
                try await connection.send(Self.frame("still here"))
                #expect(try await connection.bytes(17) == [0x81, 15] + Array("echo still here".utf8))
                try await loop.sleep(nanoseconds: 100_000_000)
            }
            // Then nobody says anything.
            let quiet = loop.now
            #expect(try await connection.toEnd().isEmpty)
            let seconds = Double(loop.now - quiet) / 1e9
            #expect(seconds > 1 && seconds < 20, "cut after \(seconds) s")
            connection.stream.close()
        }
        try await gateway.close()
        await upstream.stop()
    }

    /// An upstream that never stops talking to a client that never reads is stopped by the buffers between them.
    @Test func aSlowSocketSlowsTheHub() async throws {
        let written = Atomic<Int>(0)
        let upstream = try await Upstreams.start { request in
            HTTPResponse(
                status: .switchingProtocols, headers: ["Upgrade": "websocket", "Connection": "Upgrade"],
                body: .upgrade { stream, _ in
                    let piece = [UInt8](repeating: 9, count: 64 * 1024)
                    for _ in 0..<4096 {
                        stream.write(piece)
                        do { try await stream.flush() } catch { return }
                        written.add(piece.count, ordering: .relaxed)
                    }
                })
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            try await connection.send(Self.handshake)
            _ = try await connection.head()
            let kept = try await settled { written.load(ordering: .relaxed) }
            // Of 256 MB.
            #expect(kept > 0 && kept < 48 << 20)
            connection.stream.close()
        }
        try await gateway.close()
        await upstream.stop()
    }

    /// The hub sends its last frame to a client that still sends, and cuts: the frame arrives, because nothing resets the client meanwhile.
    @Test func lastFramesSurviveACutWhileTheClientSends() async throws {
        let farewell = [UInt8](repeating: 0x2A, count: 20_000)
        let upstream = try await Upstreams.start { request in
            HTTPResponse(
                status: .switchingProtocols, headers: ["Upgrade": "websocket", "Connection": "Upgrade"],
                body: .upgrade { stream, _ in
                    _ = try? await stream.read(into: ByteBuffer())
                    stream.write(farewell)
                    try? await stream.flush()
                    // With bytes unread this is a reset, and the gateway's next write fails.
                    stream.close()
                })
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            for _ in 0..<20 {
                let connection = try await RawConnection.connect(port)
                try await connection.send(Self.handshake)
                _ = try await connection.head()
                let piece = [UInt8](repeating: 1, count: 65_536)
                for _ in 0..<32 { try await connection.send(piece) }
                #expect(try await connection.bytes(farewell.count) == farewell)
                connection.stream.close()
            }
        }
        try await gateway.close()
        await upstream.stop()
    }

    /// A poll waits at the hub, longer than any other request may; the answers of others pass while it does.
    @Test func pollsWaitWithoutHoldingOthers() async throws {
        let isOver = Locked(false)
        let upstream = try await Upstreams.start { request in
            if request.query.contains("wait") { try? await eventually { isOver.withLock { $0 } } }
            return Upstreams.ok(request.query)
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["UPSTREAM_TIMEOUT_SECONDS": "1"])
        let answered = Locked(0)
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let text = try await gateway.get("/socket.io/?wait=\(index)").text
                    answered.withLock { $0 += 1 }
                    return text
                }
            }
            try await eventually { upstream.seen.count == 200 }
            #expect(try await gateway.get("/socket.io/?quick").text == "quick")
            #expect(try await gateway.get("/api/events?wait").code == "UPSTREAM_TIMEOUT")
            #expect(answered.withLock { $0 } == 0)
            isOver.withLock { $0 = true }
            var answers: Set<String> = []
            for try await answer in group { answers.insert(answer) }
            #expect(answers == Set((0..<200).map { "wait=\($0)" }))
        }
        try await gateway.close()
        await upstream.stop()
    }
}
