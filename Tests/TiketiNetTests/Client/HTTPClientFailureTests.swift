// The HTTP client against peers that close early, answer late, answer nonsense or are not there.
import Testing
import TiketiNet
import TiketiTesting

@Suite struct HTTPClientFailureTests {
    /// Answers one request on each connection and closes it when the next one has arrived: the pooled connection looks alive when it is
    /// taken.
    private func stale(_ requests: Locked<[String]>) -> @Sendable (ScriptedConnection) async -> Void {
        { connection in
            if let head = await connection.head() {
                requests.withLock { $0.append("\(connection.number) \(head.prefix { $0 != "/" })") }
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
            if let head = await connection.head() { requests.withLock { $0.append("\(connection.number) \(head.prefix { $0 != "/" })") } }
        }
    }

    @Test func staleConnectionIsRetriedWhenIdempotent() async throws {
        let requests = Locked<[String]>([])
        try await withScript(stale(requests)) { client, url in
            for method in [HTTPMethod.get, .get] {
                let text = try await client.execute(HTTPClientRequest(method: method, url: url)).text()
                #expect(text == "ok")
            }
        }
        #expect(requests.withLock { $0 } == ["0 GET ", "0 GET ", "1 GET "])
    }

    @Test func staleConnectionIsNotRetriedOtherwise() async throws {
        for (request, retried) in [
            (HTTPClientRequest(method: .post, url: URLParts(host: "")), false),
            (HTTPClientRequest(method: .post, url: URLParts(host: ""), idempotent: true), true),
            (HTTPClientRequest(method: .get, url: URLParts(host: ""), idempotent: false), false),
            (HTTPClientRequest(method: .put, url: URLParts(host: ""), body: .stream(length: 0) { nil }), false),
        ] {
            try await withScript(stale(Locked([]))) { client, url in
                _ = try await client.execute(HTTPClientRequest(url: url)).text()
                var request = request
                request.url = url
                let second = request
                let error = await clientFailure { () throws(HTTPClientError) in try await client.execute(second) }
                #expect((error == nil) == retried)
                if let error { #expect(error.code == .closed && error.requestSent) }
            }
        }
    }

    /// 408 and a close before anything was read: the server is about to stop, and any request may be sent again.
    @Test func whatWasNotLookedAtIsSentAgain() async throws {
        let answers = Locked<[String]>([])
        try await withScript { connection in
            if connection.number == 0, await connection.head() != nil {
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                _ = await connection.head()
                await connection.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            } else if await connection.head() != nil {
                await connection.send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
            }
        } _: { client, url in
            for _ in 0..<2 {
                let response = try await client.execute(HTTPClientRequest(method: .post, url: url, body: .bytes([1])))
                answers.withLock { $0.append("\(response.status.code)") }
                _ = try await response.text()
            }
        }
        #expect(answers.withLock { $0 } == ["200", "201"])
    }

    @Test func aLostBodyOrALasting408IsTheAnswer() async throws {
        let requests = Locked(0)
        try await withScript { connection in
            _ = await connection.head()
            requests.withLock { $0 += 1 }
            await connection.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        } _: { client, url in
            let lasting = try await client.execute(HTTPClientRequest(method: .post, url: url, body: .bytes([1])))
            #expect(lasting.status == .requestTimeout)
            #expect(requests.withLock { $0 } == 3)
            let stream = try await client.execute(HTTPClientRequest(method: .post, url: url, body: .stream(length: 0) { nil }))
            #expect(stream.status == .requestTimeout)
            #expect(requests.withLock { $0 } == 4)
        }
    }

    @Test func freshConnectionIsNeverRetried() async throws {
        let connections = Locked(0)
        try await withScript { connection in
            connections.withLock { $0 += 1 }
            _ = await connection.head()
        } _: { client, url in
            let error = await clientFailure { () throws(HTTPClientError) in try await client.execute(HTTPClientRequest(url: url)) }
            #expect(error?.code == .closed && error?.requestSent == true)
        }
        #expect(connections.withLock { $0 } == 1)
    }

    @Test func connectionClosedWhileIdleIsNotUsed() async throws {
        let ended = Locked(0)
        try await withScript { connection in
            if await connection.head() != nil {
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                // Between two sockets of one machine the end has arrived when this returns.
                connection.stream.close()
                ended.withLock { $0 += 1 }
            }
        } _: { client, url in
            for round in 1...5 {
                // Not idempotent: a retry would be an error.
                #expect(try await client.execute(HTTPClientRequest(method: .post, url: url)).text() == "ok")
                try await eventually { ended.withLock { $0 } == round }
            }
        }
        #expect(ended.withLock { $0 } == 5)
    }

    @Test func unaskedBytesSpoilTheConnection() async throws {
        try await withScript { connection in
            while await connection.head() != nil {
                await connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\(connection.number)kHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
            }
        } _: { client, url in
            for number in 0..<3 {
                let text = try await client.execute(HTTPClientRequest(url: url)).text()
                #expect(text == "\(number)k")
            }
        }
    }

    @Test func deadlines() async throws {
        try await withScript { connection in
            let head = await connection.head() ?? ""
            if head.contains("/silent") {
            } else if head.contains("/half-head") {
                await connection.send("HTTP/1.1 200 OK\r\nContent-")
            } else if head.contains("/half-body") {
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            } else {
                // A drip that never breaks the response deadline, only the total one.
                await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while (try? await connection.stream.flush()) != nil, connection.stream.queuedBytes == 0 {
                    await connection.send("1\r\nx\r\n")
                    try? await clientLoop.sleep(nanoseconds: 20_000_000)
                }
                return
            }
            await connection.waitForEnd()
        } _: { client, url in
            for target in ["/silent", "/half-head"] {
                let start = clientLoop.now
                let error = await clientFailure { () throws(HTTPClientError) in
                    try await client.execute(HTTPClientRequest(url: url.with(target: target), responseTimeout: 50_000_000))
                }
                #expect(error?.code == .timeout && error?.requestSent == true)
                #expect(clientLoop.now - start < 10_000_000_000)
            }
            let half = try await client.execute(HTTPClientRequest(url: url.with(target: "/half-body"), responseTimeout: 2_000_000_000))
            #expect(try await half.body.read() == Array("half".utf8))
            await #expect(throws: HTTPBodyError.timeout) { try await half.body.read() }
            let drip = try await client.execute(
                HTTPClientRequest(url: url.with(target: "/drip"), responseTimeout: 10_000_000_000, totalTimeout: 2_000_000_000))
            await #expect(throws: HTTPBodyError.timeout) { while try await drip.body.read() != nil {} }
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func nobodyListens() async throws {
        try await withScript { _ in
        } _: { client, url in
            // A port that was just free: bound by nobody.
            let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: clientGroup) { $0.close() }
            listening.listeners[0].close()
            let refused = await clientFailure { () throws(HTTPClientError) in
                try await client.execute(HTTPClientRequest(url: URLParts(host: "127.0.0.1", port: listening.address.port)))
            }
            #expect(refused?.code == .connect && refused?.requestSent == false)
            let unknown = await clientFailure { () throws(HTTPClientError) in
                try await client.execute(HTTPClientRequest(url: URLParts(host: "no-such-host.invalid", port: 1)))
            }
            #expect(unknown?.code == .connect && unknown?.requestSent == false)
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func bodyCutShort() async throws {
        try await withScript { connection in
            _ = await connection.head()
            await connection.send(
                connection.number == 0
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour"
                    : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n")
        } _: { client, url in
            for _ in 0..<2 {
                let response = try await client.execute(HTTPClientRequest(url: url))
                await #expect(throws: HTTPBodyError.closed) { try await response.body.collect(upTo: 100) }
            }
        }
    }

    @Test func interimResponsesAreSkipped() async throws {
        try await withScript { connection in
            while await connection.head() != nil {
                await connection.send("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
                await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        } _: { client, url in
            for _ in 0..<2 {
                let text = try await client.execute(HTTPClientRequest(url: url)).text()
                #expect(text == "ok")
            }
            #expect(await client.openConnections() == 1)
        }
        try await withScript { connection in
            _ = await connection.head()
            for _ in 0..<30 { await connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
            await connection.waitForEnd()
        } _: { client, url in
            let error = await clientFailure { () throws(HTTPClientError) in try await client.execute(HTTPClientRequest(url: url)) }
            #expect(error?.code == .malformed)
        }
    }

    @Test(arguments: ["garbage\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
    func nonsense(_ answer: String) async throws {
        try await withScript { connection in
            _ = await connection.head()
            await connection.send(answer)
            await connection.waitForEnd()
        } _: { client, url in
            let error = await clientFailure { () throws(HTTPClientError) in try await client.execute(HTTPClientRequest(url: url)) }
            #expect(error?.code == .malformed)
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func earlyAnswerStopsTheUpload() async throws {
        try await withScript { connection in
            _ = await connection.head()
            await connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
            await connection.waitForEnd()
        } _: { client, url in
            let sent = Locked(0)
            let body = HTTPClientRequest.Body.stream(length: nil) {
                let count = sent.withLock { count in
                    count += 1
                    return count
                }
                try await clientLoop.sleep(nanoseconds: 2_000_000)
                return count < 2000 ? [UInt8](repeating: 1, count: 1000) : nil
            }
            let response = try await client.execute(HTTPClientRequest(method: .post, url: url, body: body))
            #expect(response.status == .contentTooLarge)
            #expect(try await response.text() == "big")
            #expect(sent.withLock { $0 } < 1000)
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func answerThenCloseWithoutReading() async throws {
        try await withScript { connection in
            _ = await connection.head()
            await connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
            connection.stream.finishWriting()
            // The end of the stream tells the client to look; a reset in the same moment would take the answer with it.
            try? await clientLoop.sleep(nanoseconds: 50_000_000)
        } _: { client, url in
            let response = try await client.execute(
                HTTPClientRequest(method: .post, url: url, body: .bytes([UInt8](repeating: 1, count: 30_000_000))))
            #expect(response.status == .contentTooLarge)
        }
    }

    @Test func bodyStreamThatFailsOrLies() async throws {
        struct Broken: Error {}
        try await withScript { connection in
            await connection.waitForEnd()
        } _: { client, url in
            for body in [
                HTTPClientRequest.Body.stream(length: nil) { throw Broken() }, .stream(length: 5) { nil },
                .stream(length: 1) { [1, 2] },
            ] {
                let error = await clientFailure { () throws(HTTPClientError) in
                    try await client.execute(HTTPClientRequest(method: .post, url: url, body: body))
                }
                #expect(error?.code == .requestBody)
            }
            #expect(await client.openConnections() == 0)
        }
    }

    @Test func idleConnectionsAreRetired() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.idleTimeout = 500_000_000
        try await withScript(configuration: configuration) { connection in
            while await connection.head() != nil { await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        } _: { client, url in
            #expect(try await client.execute(HTTPClientRequest(url: url)).text() == "ok")
            #expect(await client.openConnections() == 1)
            try await eventually { await client.openConnections() == 0 }
        }
    }
}
