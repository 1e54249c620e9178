// A crowded loop: idle connections without a task behave like all others.
import Synchronization
import Testing
import TiketiTesting

@testable import TiketiNet

@Suite struct ParkedConnectionTests {
    private func withCrowdedServer(
        _ configure: (inout HTTPServerConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (HTTPServer, Int) async throws -> Void
    ) async throws {
        try await withServer(
            {
                $0.parkIdleAboveConnections = 0
                configure(&$0)
            }, handler: ConnectionTests.echo, body)
    }

    @Test func requestsAfterPauses() async throws {
        try await withCrowdedServer { server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await eventually { server.openConnections == 1 }
            for round in 0..<5 {
                #expect(try await client.get("/\(round)").text == "/\(round)")
                try await client.stream.loop.sleep(nanoseconds: 5_000_000)
            }
            try await client.send((0..<16).map { "GET /p\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for round in 0..<16 { #expect(try await client.response().text == "/p\(round)") }
            for byte in "GET /bytes HTTP/1.1\r\nHost: a\r\n\r\n" { try await client.send(String(byte)) }
            #expect(try await client.response().text == "/bytes")
            client.stream.close()
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func idleTimeout() async throws {
        try await withCrowdedServer({ $0.keepAliveTimeoutSeconds = 1 }) { server, port in
            let fresh = try await RawClient.connect(port)
            defer { fresh.stream.close() }
            let used = try await RawClient.connect(port)
            defer { used.stream.close() }
            #expect(try await used.get("/a").text == "/a")
            #expect(try await fresh.readToEnd().isEmpty)
            #expect(try await used.readToEnd().isEmpty)
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func slowHead() async throws {
        try await withCrowdedServer({ $0.headTimeoutSeconds = 0.2 }) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET /")
            #expect(try await client.response().status == 408)
        }
    }

    @Test(arguments: [true, false]) func drainAndStop(_ drain: Bool) async throws {
        try await withCrowdedServer { server, port in
            var clients: [RawClient] = []
            for round in 0..<20 {
                let client = try await RawClient.connect(port)
                if round % 2 == 0 { #expect(try await client.get("/a").text == "/a") }
                clients.append(client)
            }
            try await eventually { server.openConnections == 20 }
            if drain { await server.drain(graceNanoseconds: 30_000_000_000) } else { await server.stop() }
            for client in clients {
                if drain { #expect(try await client.response().status == 408) }
                #expect(try await client.readToEnd().isEmpty)
                client.stream.close()
            }
            #expect(server.openConnections == 0)
        }
    }
}
