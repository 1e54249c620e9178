// The HTTP client against real sockets: what goes well, over the real server and over a scripted one.
import Testing
import TiketiTesting

@testable import TiketiNet

/// Runs `body` on the client's loop against a real server on the same loop.
private func withServer<Value: Sendable>(
    _ handler: @escaping HTTPHandler, configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    _ body: @escaping @Sendable (HTTPClient, URLParts) async throws -> Value
) async throws -> Value {
    let server = HTTPServer(group: clientGroup, handler: handler)
    let port = try await server.start(host: "127.0.0.1", port: 0)
    let result = try await clientLoop.run {
        let client = HTTPClient(configuration: configuration)
        defer { client.close() }
        return try await body(client, URLParts(host: "127.0.0.1", port: port))
    }
    await server.stop()
    return result
}

@Suite struct HTTPClientTests {
    @Test func manyRequestsOneConnection() async throws {
        let open = try await withServer { request in
            HTTPResponse(headers: ["X-Path": request.path], body: .bytes(Array("hello \(request.query)".utf8)))
        } _: { client, url in
            for number in 0..<50 {
                let response = try await client.execute(HTTPClientRequest(url: url.with(target: "/p?\(number)")))
                #expect(response.status == .ok && response.headers["x-path"] == "/p")
                #expect(try await response.text() == "hello \(number)")
            }
            return await client.openConnections()
        }
        #expect(open == 1)
    }

    @Test func bodiesBothWays() async throws {
        try await withServer { request in
            let body = request.body
            return HTTPResponse(
                headers: ["X-Length": "\(body.length ?? -1)"],
                body: .stream(length: body.length) { writer in while let piece = try await body.read() { try await writer.write(piece) } })
        } _: { client, url in
            let large = SecureRandom.bytes(3_000_000)
            // Known length, in memory.
            let first = try await client.execute(HTTPClientRequest(method: .post, url: url, body: .bytes(large)))
            #expect(first.headers["x-length"] == "3000000" && first.body.length == 3_000_000)
            #expect(try await first.body.collect(upTo: 4_000_000) == large)
            let small = try await client.execute(HTTPClientRequest(method: .post, url: url, body: .bytes([1, 2, 3])))
            #expect(try await small.body.collect(upTo: 10) == [1, 2, 3])
            #expect(await client.openConnections() == 1)
        }
    }

    @Test func streamedRequestBodies() async throws {
        try await withServer { request in
            let bytes = (try? await request.body.collect(upTo: 5_000_000)) ?? []
            return HTTPResponse(headers: ["X-Length": "\(request.body.length ?? -1)"], body: .bytes(Array("\(bytes.count)".utf8)))
        } _: { client, url in
            for length in [nil, 2_000_000] as [Int?] {
                let left = Locked(20)
                let body = HTTPClientRequest.Body.stream(length: length) {
                    left.withLock { left in
                        defer { left -= 1 }
                        return left > 0 ? [UInt8](repeating: 7, count: 100_000) : nil
                    }
                }
                let response = try await client.execute(HTTPClientRequest(method: .put, url: url, body: body))
                #expect(response.headers["x-length"] == "\(length ?? -1)")
                #expect(try await response.text() == "2000000")
            }
            #expect(await client.openConnections() == 1)
        }
    }

    @Test func chunkedAndHeadAndEmpty() async throws {
        try await withServer { request in
            switch request.path {
            case "/chunked":
                HTTPResponse(body: .stream(length: nil) { for number in 0..<100 { try await $0.write(Array("\(number),".utf8)) } })
            case "/none": HTTPResponse(status: .noContent)
            case "/not-modified": HTTPResponse(status: .notModified, headers: ["ETag": "\"1\""])
            default: HTTPResponse(body: .bytes(Array("body".utf8)))
            }
        } _: { client, url in
            let chunked = try await client.execute(HTTPClientRequest(url: url.with(target: "/chunked")))
            #expect(try await chunked.text() == (0..<100).map { "\($0)," }.joined())
            let head = try await client.execute(HTTPClientRequest(method: .head, url: url))
            #expect(head.status == .ok && head.body.isEmpty)
            for (path, status) in [("/none", HTTPStatus.noContent), ("/not-modified", .notModified)] {
                let response = try await client.execute(HTTPClientRequest(url: url.with(target: path)))
                #expect(response.status == status)
                #expect(try await response.body.read() == nil)
            }
            #expect(await client.openConnections() == 1)
        }
    }

    @Test func slowReaderHoldsTheServerBack() async throws {
        let written = Locked(0)
        try await withServer { _ in
            HTTPResponse(
                body: .stream(length: nil) { writer in
                    for _ in 0..<1000 {
                        try await writer.write([UInt8](repeating: 1, count: 64 * 1024))
                        written.withLock { $0 += 1 }
                    }
                })
        } _: { client, url in
            let response = try await client.execute(HTTPClientRequest(url: url))
            var total = try await response.body.read()?.count ?? 0
            // 64 MB wanted to come; only what sockets and the first read hold has left.
            let kept = try await settled { written.withLock { $0 } }
            #expect(kept > 0 && kept < 500)
            while let piece = try await response.body.read() {
                #expect(piece.count <= 64 * 1024)
                total += piece.count
            }
            #expect(total == 1000 * 64 * 1024)
        }
    }

    @Test func droppedBodyClosesTheConnection() async throws {
        try await withServer { _ in
            HTTPResponse(
                body: .stream(length: 10_000_000) { for _ in 0..<100 { try await $0.write([UInt8](repeating: 1, count: 100_000)) } })
        } _: { client, url in
            _ = try await client.execute(HTTPClientRequest(url: url))
            #expect(await client.openConnections() == 0)
            let second = try await client.execute(HTTPClientRequest(url: url))
            #expect(try await second.body.collect(upTo: 10_000_000).count == 10_000_000)
            // A body that was read to its end and kept does not touch the connection any more.
            #expect(await client.openConnections() == 1)
            #expect(try await second.body.read() == nil)
        }
    }

    @Test func poolIsBoundedAndWaitersAreServedInTurn() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerOrigin = 3
        configuration.maxWaiting = 20
        let running = Locked((now: 0, most: 0))
        try await withServer(
            { request in
                running.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                try? await request.loop.sleep(nanoseconds: 5_000_000)
                running.withLock { $0.now -= 1 }
                return HTTPResponse(body: .bytes([1]))
            }, configuration: configuration
        ) { client, url in
            let outcomes = await withTaskGroup(of: HTTPClientError.Code?.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        do throws(HTTPClientError) {
                            _ = try await client.execute(HTTPClientRequest(url: url))
                            return nil
                        } catch { return error.code }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == nil }.count == 23)
            #expect(outcomes.filter { $0 == .overloaded }.count == 7)
            #expect(running.withLock { $0.most } <= 3)
            #expect(await client.openConnections() == 3)
        }
    }

    @Test func waiterHasADeadline() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerOrigin = 1
        try await withScript(configuration: configuration) { connection in
            _ = await connection.head()
            await connection.waitForEnd()
        } _: { client, url in
            let first = clientLoop.spawn {
                _ = await clientFailure { () throws(HTTPClientError) in
                    try await client.execute(HTTPClientRequest(url: url, totalTimeout: 2_000_000_000))
                }
            }
            try await eventually { await client.openConnections() == 1 }
            let error = await clientFailure { () throws(HTTPClientError) in
                try await client.execute(HTTPClientRequest(url: url, connectTimeout: 20_000_000))
            }
            #expect(error?.code == .timeout && error?.requestSent == false)
            await first.value
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func upgradeHandsTheConnectionOver() async throws {
        try await withScript { connection in
            #expect(await connection.head()?.contains("Upgrade: websocket\r\n") == true)
            await connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst")
            #expect(await connection.text(4) == "ping")
            await connection.send("pong")
            await connection.waitForEnd()
        } _: { client, url in
            let request = HTTPClientRequest(url: url, headers: ["Connection": "Upgrade", "Upgrade": "websocket"], wantsUpgrade: true)
            let response = try await client.execute(request)
            #expect(response.status == .switchingProtocols && response.headers["upgrade"] == "websocket")
            let (stream, leftover) = try #require(response.upgraded)
            #expect(await client.openConnections() == 0)
            while leftover.count < 5 { _ = try await stream.read(into: leftover) }
            #expect(leftover.take() == Array("first".utf8))
            stream.write(Array("ping".utf8))
            while leftover.count < 4 { _ = try await stream.read(into: leftover) }
            #expect(leftover.take() == Array("pong".utf8))
            stream.close()
        }
    }
}
