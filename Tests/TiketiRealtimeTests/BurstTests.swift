// Who is sent much at once gets it; who does not read is cut, and what waits for all of them stays bounded.
import Glibc
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiRealtime

@Suite(.timeLimit(.minutes(5))) struct BurstTests {
    private func session<Value: Sendable>(
        _ hub: TestHub, _ body: @escaping @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        var large = WebSocketConfiguration()
        large.maximumMessageBytes = 1 << 23
        return try await hub.websocket("EIO=4&transport=websocket", configuration: large) { connection in
            _ = await connection.next()
            connection.send(text: "40")
            _ = await connection.next()
            _ = await connection.next()
            return try await body(connection)
        }
    }

    private func text(_ letter: String, _ count: Int) -> SocketArguments {
        SocketArguments(json: "\"" + String(repeating: letter, count: count) + "\"")
    }

    @Test func aBurstBeyondTheShareReachesWhoReads() async throws {
        let hub = try await TestHub.start {
            $0.engine.maximumQueuedBytes = 65_536
            // A busy machine keeps a reader waiting for longer than a client that does not read is granted.
            $0.engine.stallTimeout = .seconds(60)
        }
        let sizes = try await session(hub) { connection in
            for _ in 0..<3 { hub.server.emit("big", text("x", 450_000)) }
            for _ in 0..<20 { hub.server.emit("many", text("y", 100_000)) }
            var sizes: [Int] = []
            for _ in 0..<23 { sizes.append(await connection.next().utf8.count) }
            return sizes
        }
        #expect(sizes == [Int](repeating: 450_012, count: 3) + [Int](repeating: 100_013, count: 20))
        #expect(hub.server.statistics.closedByReason[.slowClient] == nil)
    }

    /// With the settings as they come.
    @Test func oneEventWithLargeAttachmentsReachesEverybody() async throws {
        let hub = try await TestHub.start()
        let image = [UInt8](repeating: 7, count: 450_000)
        let placeholders = (0..<3).map { "{\"_placeholder\":true,\"num\":\($0)}" }.joined(separator: ",")
        let received = try await withThrowingTaskGroup(of: [Int].self) { group in
            let gate = Gate(6)
            for _ in 0..<6 {
                group.addTask {
                    try await session(hub) { connection in
                        if await gate.arrive() {
                            hub.server.emit("images", SocketArguments(json: Array(placeholders.utf8), attachments: [image, image, image]))
                        }
                        var sizes: [Int] = []
                        while sizes.count < 4, let message = try await connection.receive() {
                            if message.bytes != [UInt8(ascii: "2")] { sizes.append(message.bytes.count) }
                        }
                        return sizes
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(received.count == 6 && received.allSatisfy { $0.dropFirst() == [450_000, 450_000, 450_000] })
    }

    @Test func aBurstWaitsForAPollingClientToo() async throws {
        let hub = try await TestHub.start {
            $0.engine.maximumQueuedBytes = 65_536
            // A busy machine keeps a reader waiting for longer than a client that does not read is granted.
            $0.engine.stallTimeout = .seconds(60)
        }
        let sid = try await hub.openPolling()
        let query = "EIO=4&transport=polling&sid=\(sid)"
        #expect(try await hub.request("POST", query, body: "40").status == 200)
        _ = try await hub.request("GET", query)
        for _ in 0..<20 { hub.server.emit("many", text("y", 100_000)) }
        var count = 0
        while count < 20 {
            let answer = try await hub.request("GET", query)
            guard answer.status == 200 else { break }
            count += answer.body.split(separator: "\u{1E}").count { $0.hasPrefix("42[\"many\"") }
        }
        #expect(count == 20)
    }

    @Test func beyondTheHardLimitABurstCuts() async throws {
        let hub = try await TestHub.start {
            $0.engine.maximumQueuedBytes = 65_536
            $0.engine.maximumBurstBytes = 1_000_000
            $0.engine.stallTimeout = .seconds(60)
        }
        try await session(hub) { _ in
            try await eventually {
                hub.server.emit("big", text("x", 400_000))
                return hub.server.statistics.closedByReason[.slowClient] == 1
            }
        }
    }

    /// What is sent to single clients is held for each of them; broadcasts are not, and do not count.
    @Test func whatIsHeldForSingleClientsIsBoundedInSum() async throws {
        let sockets = Collector()
        let hub = try await TestHub.start(namespaces: ["/": sockets]) {
            $0.engine.maximumQueuedBytes = 65_536
            $0.engine.maximumBacklogBytes = 2_000_000
            $0.engine.maximumBurstBytes = 64_000_000
            $0.engine.stallTimeout = .seconds(60)
        }
        try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40")
            _ = await connection.next()
            let socket = try #require(sockets.all.withLock { $0.first })
            for _ in 0..<200 { hub.server.emit("big", text("x", 100_000)) }
            try await eventually { hub.queued > 3_000_000 }
            #expect(hub.server.statistics.closedByReason[.slowClient] == nil)
            try await eventually {
                try await socket.loop.run { socket.emit("own", text("x", 100_000)) }
                return hub.server.statistics.closedByReason[.slowClient] == 1
            }
        }
    }

    /// 100 clients that never read: with a copy for each, what waits for them would be more than a gigabyte. Other tests of this process
    /// run at the same time, so the bound is a wide one.
    @Test func clientsThatNeverReadCostBoundedMemory() async throws {
        let hub = try await TestHub.start {
            $0.engine.maximumQueuedBytes = 262_144
            $0.engine.stallTimeout = .milliseconds(500)
        }
        let port = hub.port
        let before = try Self.residentBytes()
        let most = try await EventLoopGroup.shared.next().run {
            var idlers: [WebSocketConnection] = []
            defer { for idler in idlers { idler.abort() } }
            for _ in 0..<100 {
                let idler = try await WebSocketClient.connect(
                    to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/socket.io/?EIO=4&transport=websocket")
                _ = await idler.next()
                idler.send(text: "40")
                for _ in 0..<2 { _ = await idler.next() }
                idlers.append(idler)
            }
            // One that reads sets the pace, and loses nothing.
            let reader = try await WebSocketClient.connect(
                to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/socket.io/?EIO=4&transport=websocket")
            defer { reader.abort() }
            _ = await reader.next()
            reader.send(text: "40")
            for _ in 0..<2 { _ = await reader.next() }
            var most = 0
            var index = 0
            while hub.server.statistics.closedByReason[.slowClient] ?? 0 < 100, index < 5_000 {
                // No two alike, so that nothing is shared by accident.
                hub.server.emit("seat", SocketArguments(json: "\"\(index)" + String(repeating: "z", count: 40_000) + "\""))
                #expect(await reader.next().hasPrefix("42[\"seat\",\"\(index)z"))
                most = max(most, try Self.residentBytes())
                index += 1
            }
            return most
        }
        #expect(hub.server.statistics.closedByReason[.slowClient] == 100)
        #expect(most - before < 200_000_000, "\(most - before) bytes more")
        try await eventually { hub.queued == 0 }
    }

    private static func residentBytes() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        _ = fgets(&line, 128, file)
        let pages = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")[1]
        return try #require(Int(pages)) * sysconf(Int32(_SC_PAGESIZE))
    }
}

extension TestHub {
    /// Bytes that wait for all clients, as of some seconds ago.
    var queued: Int { server.statistics.queuedBytes.load(ordering: .relaxed) }
}

/// Keeps the sockets that connect.
private final class Collector: SocketNamespace {
    let all = Locked<[Socket]>([])

    func connected(_ socket: Socket) async { all.withLock { $0.append(socket) } }
    func received(_ event: SocketEvent, from socket: Socket) async {}
}
