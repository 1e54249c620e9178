// Deadlines, back-pressure, limits and drain over real sockets.
import Synchronization
import Testing
import TiketiTesting

@testable import TiketiNet

@Suite struct ConnectionLimitTests {
    @Test func slowHeadIsTimedOut() async throws {
        try await withServer({ $0.headTimeoutSeconds = 1 }, handler: ConnectionTests.echo) { server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            // A byte now and then does not move the deadline.
            for byte in "GET /a" {
                try await client.send(String(byte))
                try await client.stream.loop.sleep(nanoseconds: 20_000_000)
            }
            let response = try await client.response()
            #expect(response.status == 408)
            #expect(response.text.contains("REQUEST_TIMEOUT"))
            #expect(try await client.readToEnd().isEmpty)
            client.stream.close()
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func idleConnectionsAreClosedSilently() async throws {
        try await withServer({ $0.keepAliveTimeoutSeconds = 1 }, handler: ConnectionTests.echo) { _, port in
            let fresh = try await RawClient.connect(port)
            defer { fresh.stream.close() }
            #expect(try await fresh.readToEnd().isEmpty)
            let used = try await RawClient.connect(port)
            defer { used.stream.close() }
            #expect(try await used.get("/a").text == "/a")
            #expect(try await used.readToEnd().isEmpty)
        }
    }

    @Test func busyConnectionsOutliveTheIdleTimeout() async throws {
        try await withServer({ $0.keepAliveTimeoutSeconds = 2 }, handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            for round in 0..<6 {
                #expect(try await client.get("/\(round)").text == "/\(round)")
                try await client.stream.loop.sleep(nanoseconds: 500_000_000)
            }
        }
    }

    @Test func stalledBodyIsTimedOut() async throws {
        try await withServer({ $0.bodyIdleTimeoutSeconds = 0.2 }, handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            let response = try await client.response()
            #expect(response.status == 408)
            #expect(response.headers["connection"] == "close")
        }
    }

    /// One byte before each deadline: never idle, and yet refused.
    @Test func tricklingBodyIsTimedOut() async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.bodyIdleTimeoutSeconds = 1
            $0.minBodyBytesPerSecond = 1000
        }
        try await withServer(configure, handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            var answered = false
            for _ in 0..<60 where !answered {
                try? await client.send("x")
                if let more = try? await client.receive(seconds: 0.05) { answered = more }
            }
            #expect(try await client.response().status == 408)
        }
    }

    @Test func expectContinue() async throws {
        try await withServer(handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.response(head: true).status == 100)
            try await client.send("hello")
            let response = try await client.response()
            #expect(response.text == "hello")
            #expect(response.headers["connection"] == nil)
            // Refused by its length alone: no 100, and the connection is not used further.
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n")
            let refused = try await client.response()
            #expect(refused.status == 413)
            #expect(refused.headers["connection"] == "close")
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func unreadBodies() async throws {
        try await withServer({ $0.maxDiscardedBodyBytes = 50_000 }, handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            let body = String(repeating: "x", count: 40_000)
            try await client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n\(body)")
            #expect(try await client.response().text == "/a")
            try await client.send("POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n\(body)\r\n0\r\n\r\n")
            #expect(try await client.response().text == "/b")
            try await client.send("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let last = try await client.response()
            #expect(last.text == "/c")
            #expect(last.headers["connection"] == "close")
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    /// The client sends a large body and only then reads: the early refusal must reach it.
    @Test func earlyRefusalReachesASender() async throws {
        try await withServer({ $0.maxBodyBytes = 100_000 }, handler: ConnectionTests.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + String(repeating: "x", count: 200_000))
            #expect(try await client.response().status == 413)
        }
    }

    @Test func slowReaderHoldsTheProducer() async throws {
        let produced = Atomic<Int>(0)
        let total = 64 << 20
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                body: .stream(length: nil) { writer in
                    let piece = [UInt8](repeating: 67, count: 32 << 10)
                    while produced.load(ordering: .relaxed) < total {
                        try await writer.write(piece)
                        produced.add(piece.count, ordering: .relaxed)
                    }
                })
        }
        try await withServer(handler: handler) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // What the kernel's socket buffers took, and our own bound; far from everything.
            let kept = try await settled { produced.load(ordering: .relaxed) }
            #expect(kept > 0 && kept < 20 << 20)
            #expect(try await client.response().body.count == total)
        }
    }

    @Test func stalledReaderIsCut() async throws {
        try await withServer(
            { $0.writeStallTimeoutSeconds = 0.3 }, handler: { _ in HTTPResponse(body: .bytes([UInt8](repeating: 0, count: 32 << 20))) }
        ) {
            server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { server.openConnections == 1 }
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func connectionLimits() async throws {
        for total in [true, false] {
            let configure: (inout HTTPServerConfiguration) -> Void = {
                if total { $0.maxConnections = 2 } else { $0.maxConnectionsPerAddress = 2 }
            }
            try await withServer(configure, handler: ConnectionTests.echo) { server, port in
                let first = try await RawClient.connect(port)
                let second = try await RawClient.connect(port)
                defer { second.stream.close() }
                #expect(try await first.get("/1").text == "/1")
                #expect(try await second.get("/2").text == "/2")
                let third = try await RawClient.connect(port)
                defer { third.stream.close() }
                let refused = try await third.response()
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] != nil)
                #expect(refused.text.contains("\"code\":\"UNAVAILABLE\""))
                #expect(try await third.readToEnd().isEmpty)
                first.stream.close()
                try await eventually { server.openConnections == 1 }
                let fourth = try await RawClient.connect(port)
                defer { fourth.stream.close() }
                #expect(try await fourth.get("/4").text == "/4")
            }
        }
    }

    /// What every answer must carry is also on those that no handler made.
    @Test func ownAnswersCarryTheirFields() async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.ownAnswerFields.add("X-Content-Type-Options", "nosniff")
            $0.headTimeoutSeconds = 0.2
            $0.maxHeaders = 3
            $0.maxConnections = 1
        }
        let requests = [
            400: "BROKEN\r\n\r\n", 414: "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            431: "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", 408: "GET /",
            413: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
            500: "GET /interim HTTP/1.1\r\nHost: a\r\n\r\n",
        ]
        let handler: HTTPHandler = { request in
            if request.path == "/interim" { return HTTPResponse(status: HTTPStatus(100)) }
            return await ConnectionTests.echo(request)
        }
        try await withServer(configure, handler: handler) { server, port in
            for (status, request) in requests {
                let client = try await RawClient.connect(port)
                try await client.send(request)
                let response = try await client.response()
                #expect(response.status == status)
                #expect(response.headers.values("x-content-type-options") == ["nosniff"], "\(status)")
                client.stream.close()
                try await eventually { server.openConnections == 0 }
            }
            let first = try await RawClient.connect(port)
            defer { first.stream.close() }
            #expect(try await first.get("/1").headers["x-content-type-options"] == nil)
            let second = try await RawClient.connect(port)
            defer { second.stream.close() }
            let refused = try await second.response()
            #expect(refused.status == 503)
            #expect(refused.headers.values("x-content-type-options") == ["nosniff"])
        }
    }

    @Test func drainFinishesWhatIsInFlight() async throws {
        let entered = Atomic<Int>(0)
        let isDone = Atomic<Bool>(false)
        let handler: HTTPHandler = { request in
            entered.add(1, ordering: .relaxed)
            if request.path == "/slow" { try? await eventually { isDone.load(ordering: .relaxed) } }
            return text(request.path)
        }
        // One loop: what it has read before the last request, it has read before the drain.
        try await withServer(group: EventLoopGroup(count: 1), handler: handler) { server, port in
            let idle = try await RawClient.connect(port)
            defer { idle.stream.close() }
            #expect(try await idle.get("/a").text == "/a")
            let partial = try await RawClient.connect(port)
            defer { partial.stream.close() }
            try await partial.send("GET /late HTTP/1.1\r\n")
            let busy = try await RawClient.connect(port)
            defer { busy.stream.close() }
            try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { entered.load(ordering: .relaxed) == 2 }

            let drained = Task { await server.drain(graceNanoseconds: 30_000_000_000) }
            // An idle client learns that nothing it may be sending is looked at.
            let leave = try await idle.response()
            #expect(leave.status == 408 && leave.headers["connection"] == "close")
            #expect(try await idle.readToEnd().isEmpty)
            try await partial.send("Host: a\r\n\r\n")
            let late = try await partial.response()
            #expect(late.text == "/late")
            #expect(late.headers["connection"] == "close")
            isDone.store(true, ordering: .relaxed)
            let response = try await busy.response()
            #expect(response.text == "/slow")
            #expect(response.headers["connection"] == "close")
            await drained.value
            #expect(server.openConnections == 0)
            await #expect(throws: IOError.self) { try await RawClient.connect(port) }
        }
    }

    /// Between the announcement and the drain nobody is turned away, and every answer asks its client to go.
    @Test func anAnnouncedDrainStillServes() async throws {
        try await withServer(handler: { text($0.path) }) { server, port in
            let idle = try await RawClient.connect(port)
            defer { idle.stream.close() }
            #expect(try await idle.get("/a").text == "/a")
            await server.announceDrain()
            #expect(try await idle.response().status == 408)
            let late = try await RawClient.connect(port)
            defer { late.stream.close() }
            let answer = try await late.get("/b")
            #expect(answer.text == "/b")
            #expect(answer.headers["connection"] == "close")
            #expect(try await late.readToEnd().isEmpty)
            await server.drain(graceNanoseconds: 30_000_000_000)
            #expect(server.openConnections == 0)
        }
    }

    @Test func drainCutsWhatOutlivesTheGrace() async throws {
        let entered = Atomic<Int>(0)
        let handler: HTTPHandler = { request in
            entered.add(1, ordering: .relaxed)
            try? await request.loop.sleep(nanoseconds: 20_000_000_000)
            return text("late")
        }
        try await withServer(handler: handler) { server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // Not before: a client whose request has not been read is told to come again.
            try await eventually { entered.load(ordering: .relaxed) == 1 }
            await server.drain(graceNanoseconds: 100_000_000)
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    /// A handler that keeps the body or the writer must not touch the next exchange on the connection.
    @Test func keptBodiesAndWritersAreDead() async throws {
        let kept = Locked<(HTTPBody?, HTTPBodyWriter?)>((nil, nil))
        let handler: HTTPHandler = { request in
            if request.path == "/first" {
                kept.withLock { $0.0 = request.body }
                return HTTPResponse(body: .stream(length: nil) { writer in kept.withLock { $0.1 = writer } })
            }
            let (body, writer) = kept.withLock { $0 }
            var errors = ""
            do throws(HTTPBodyError) { _ = try await body?.read() } catch { errors += "read \(error.code) " }
            do throws(HTTPBodyError) { try await writer?.write([1]) } catch { errors += "write \(error.code)" }
            let own = (try? await request.body.collect(upTo: 10)) ?? []
            return text("\(errors) \(own.count)")
        }
        try await withServer(handler: handler) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.response().body.isEmpty)
            try await client.send("POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
            #expect(try await client.response().text == "read closed write closed 4")
        }
    }
}
