// Requests and responses over real sockets: order, framing, persistence.
import Glibc
import Synchronization
import Testing
import TiketiTesting

@testable import TiketiNet

@Suite struct ConnectionTests {
    static let echo: HTTPHandler = { request in
        switch request.path {
        case "/echo":
            do throws(HTTPBodyError) {
                return HTTPResponse(body: .bytes(try await request.body.collect(upTo: 1 << 20)))
            } catch {
                return text("\(error)", HTTPStatus(error.code == .tooLarge ? 413 : error.code == .timeout ? 408 : 400))
            }
        case "/slow":
            try? await request.loop.sleep(nanoseconds: 3_000_000)
            return text(request.query)
        case "/stream":
            return HTTPResponse(
                body: .stream(length: nil) { writer in
                    for piece in ["one", "two", "three"] { try await writer.write(Array(piece.utf8)) }
                })
        case "/exact":
            return HTTPResponse(body: .stream(length: 6) { try await $0.write(Array("sixsix".utf8)) })
        case "/short": return HTTPResponse(body: .stream(length: 6) { try await $0.write(Array("six".utf8)) })
        case "/long": return HTTPResponse(body: .stream(length: 3) { try await $0.write(Array("sixsix".utf8)) })
        case "/fail":
            return HTTPResponse(
                body: .stream(length: nil) { writer in
                    try await writer.write([65])
                    throw HTTPBodyError.closed
                })
        case "/204": return HTTPResponse(status: .noContent, body: .bytes([65]))
        case "/304": return HTTPResponse(status: .notModified, headers: ["ETag": "\"x\""], body: .bytes([65]))
        case "/close": return HTTPResponse(headers: ["Connection": "close"], body: .bytes([65]))
        case "/big": return HTTPResponse(body: .bytes([UInt8](repeating: 66, count: 3_000_000)))
        default: return text(request.path)
        }
    }

    @Test func keepAlive() async throws {
        try await withServer(handler: Self.echo) { server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            for round in 0..<20 {
                let response = try await client.get("/round/\(round)")
                #expect(response.status == 200)
                #expect(response.text == "/round/\(round)")
                #expect(response.headers["date"]?.hasSuffix(" GMT") == true)
                #expect(response.headers["connection"] == nil)
            }
            #expect(server.openConnections == 1)
            #expect(await server.statistics().requests == 20)
        }
    }

    /// Sixteen answers in one write: a reader that never waited in between gets them in one piece.
    @Test func pipelinedAnswersLeaveTogether() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send((0..<16).map { "GET /p\($0 + 10) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            #expect(try await client.receive())
            let size = client.received
            for round in 0..<16 { #expect(try await client.response().text == "/p\(round + 10)") }
            #expect(size % 16 == 0 && size / 16 > 60, "arrived in pieces: \(size)")
        }
    }

    @Test func pipelinedAnswersKeepTheirOrder() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            let requests = (0..<30).map { round in
                switch round % 3 {
                case 0: "GET /slow?\(round) HTTP/1.1\r\nHost: a\r\n\r\n"
                case 1: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(round + 10)"
                default:
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\n\(round + 10)\r\n0\r\nT: u\r\n\r\n"
                }
            }
            try await client.send(requests.joined())
            for round in 0..<30 {
                let expected = round % 3 == 0 ? "\(round)" : round % 3 == 1 ? "\(round + 10)" : "x\(round + 10)"
                #expect(try await client.response().text == expected)
            }
        }
    }

    @Test func bodiesInAnySplit() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            let all =
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                + "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            for byte in all { try await client.send(String(byte)) }
            #expect(try await client.response().text == "hello")
            #expect(try await client.response().text == "abcde")
        }
    }

    @Test func largeBodiesBothWays() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            let body = String(repeating: "0123456789abcdef", count: 65_536)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(try await client.response().text == body)
            #expect(try await client.get("/big").body.count == 3_000_000)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count + 1)\r\n\r\n\(body)x")
            #expect(try await client.response().status == 413)
        }
    }

    @Test func chunkedAndSizedStreams() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            let stream = try await client.get("/stream")
            #expect(stream.text == "onetwothree")
            #expect(stream.chunks == 3)
            let exact = try await client.get("/exact")
            #expect(exact.text == "sixsix")
            #expect(exact.headers["content-length"] == "6")
            #expect(try await client.get("/after").text == "/after")
        }
    }

    /// A response that can't be completed must not look complete.
    @Test(arguments: ["/short", "/long", "/fail"]) func brokenStreamsCutTheConnection(_ path: String) async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let all = try await client.readToEnd()
            #expect(all.hasPrefix("HTTP/1.1 200 OK"))
            #expect(!all.contains("\r\n0\r\n\r\n") && !all.hasSuffix("sixsix"))
        }
    }

    @Test func headHasNoBody() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            for (path, length) in [("/abc", "4"), ("/exact", "6"), ("/stream", nil), ("/big", "3000000")] {
                try await client.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response(head: true)
                #expect(response.headers["content-length"] == length)
                #expect(response.headers["transfer-encoding"] == nil)
            }
            #expect(try await client.get("/x").text == "/x")
        }
    }

    @Test func statusesWithoutBody() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            for path in ["/204", "/304"] {
                try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response(head: true)
                #expect(response.headers["content-length"] == nil)
            }
            #expect(try await client.get("/x").text == "/x")
        }
    }

    @Test func oldClients() async throws {
        try await withServer(handler: Self.echo) { _, port in
            var client = try await RawClient.connect(port)
            try await client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try await client.response().headers["connection"] == "keep-alive")
            try await client.send("GET /b HTTP/1.0\r\n\r\n")
            #expect(try await client.response().headers["connection"] == "close")
            #expect(try await client.readToEnd().isEmpty)
            client.stream.close()
            client = try await RawClient.connect(port)
            try await client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let all = try await client.readToEnd()
            #expect(all.hasSuffix("Connection: close\r\n\r\nonetwothree"))
            client.stream.close()
        }
    }

    @Test(arguments: [
        "GET /close HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /ignored HTTP/1.1\r\n",
    ])
    func closing(_ request: String) async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send(request)
            let all = try await client.readToEnd()
            #expect(all.contains("\r\nConnection: close\r\n"))
            #expect(all.ranges(of: "HTTP/1.1 ").count == 1)
        }
    }

    @Test func halfClosedClientGetsItsAnswer() async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET /slow?1 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.stream.finishWriting()
            #expect(try await client.readToEnd().hasSuffix("\r\n\r\n1"))
        }
    }

    @Test func malformedRequestsGetTheEnvelope() async throws {
        try await withServer(handler: Self.echo) { server, port in
            for (request, status, code) in [
                ("GET / HTTP/1.1\r\n\r\n", 400, "MALFORMED_REQUEST"), ("GET / HTTP/3.0\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"),
                ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413, "BODY_TOO_LARGE"),
                ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n", 414, "URI_TOO_LONG"),
            ] {
                let client = try await RawClient.connect(port)
                defer { client.stream.close() }
                try await client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n" + request)
                #expect(try await client.response().text == "/ok")
                let response = try await client.response()
                #expect(response.status == status)
                #expect(response.headers["connection"] == "close")
                let id = try #require(response.headers["x-request-id"])
                #expect(response.text.hasPrefix("{\"success\":false,\"error\":\""))
                #expect(response.text.hasSuffix("\"code\":\"\(code)\",\"requestId\":\"\(id)\"}"))
                #expect(try await client.readToEnd().isEmpty)
            }
            #expect(await server.statistics().rejections == 4)
        }
    }

    @Test(arguments: ["5\r\nhelloX0\r\n\r\n", "5\r\nhello\r\n0\r\nBad Trailer\r\n\r\n", "0\r\nx\u{0}y: 1\r\n\r\n"])
    func malformedChunksAreAnsweredAndClosed(_ body: String) async throws {
        try await withServer(handler: Self.echo) { _, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 400)
            #expect(response.headers["connection"] == "close")
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func upgradeHandsOverStreamAndLeftover() async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: .switchingProtocols, headers: ["Connection": "Upgrade", "Upgrade": "echo"],
                body: .upgrade { stream, leftover in
                    while true {
                        stream.write(leftover.take())
                        guard (try? await stream.flush()) != nil, let count = try? await stream.read(into: leftover), count > 0 else {
                            return
                        }
                    }
                })
        }
        try await withServer(handler: handler) { server, port in
            let client = try await RawClient.connect(port)
            defer { client.stream.close() }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly")
            let head = try await client.response(head: true)
            #expect(head.status == 101)
            #expect(head.headers["upgrade"] == "echo")
            try await client.send(" late")
            client.stream.finishWriting()
            #expect(try await client.readToEnd() == "early late")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func unixSocket() async throws {
        let path = "/tmp/tiketi-http-\(UUID().description).sock"
        let server = HTTPServer(group: .shared, handler: Self.echo)
        try await server.start(.unix(path: path))
        try await EventLoopGroup.shared.next().run {
            let stream = try await Stream.connect(to: .unix(path: path), timeoutNanoseconds: 20_000_000_000)
            defer { stream.close() }
            stream.write(Array("GET /u HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
            try await stream.flush()
            let buffer = ByteBuffer()
            while try await stream.read(into: buffer) > 0 {}
            #expect(String(decoding: buffer.take(), as: UTF8.self).hasSuffix("\r\n\r\n/u"))
        }
        await server.stop()
        _ = unlink(path)
    }
}
