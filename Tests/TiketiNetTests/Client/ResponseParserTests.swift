// Response heads and bodies, whole, byte by byte and in random pieces; and everything that must be refused.
import Testing

@testable import TiketiNet

/// Feeds a response in pieces; returns head, body and the number of bytes left over.
private func read(_ pieces: [[UInt8]], forHead: Bool = false, ends: Bool = true) throws -> (ResponseHead, [UInt8], left: Int) {
    var parser = ResponseParser(maxHead: 4096, maxHeaders: 10)
    let buffer = ByteBuffer()
    var head: ResponseHead?
    var state: ResponseBodyState?
    var body: [UInt8] = []
    for piece in pieces {
        buffer.append(piece)
        if head == nil, let (found, length) = try parser.parse(buffer.readable, forHead: forHead) {
            buffer.consume(length)
            head = found
            state = ResponseBodyState(found.framing)
        }
        while state != nil, !buffer.isEmpty {
            let (more, used) = try state!.take(buffer.readable, limit: 7)
            buffer.consume(used)
            body += more
            if used == 0 { break }
        }
    }
    if ends { try state?.finish() }
    return (try #require(head), body, buffer.count)
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct ResponseParserTests {
    static let responses: [(String, status: Int, body: String, keepAlive: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true),
        ("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", 404, "", true),
        ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab", 200, "ab", true),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: \"x\"\r\n\r\n", 304, "", true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n", 200,
            "hello world", true
        ),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", 200, "until the end", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false),
        ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", 200, "x", true),
        ("HTTP/1.1 503 Caf\u{e9}\r\nContent-Length: 0\r\n\r\n", 503, "", true),
    ]

    @Test func readsWholeAndInPieces() throws {
        for (text, status, expected, keepAlive) in Self.responses {
            let all = bytes(text)
            var ways = [[all], all.map { [$0] }]
            for _ in 0..<50 {
                var pieces: [[UInt8]] = []
                var start = 0
                while start < all.count {
                    let end = min(all.count, start + Int.random(in: 1...13))
                    pieces.append(Array(all[start..<end]))
                    start = end
                }
                ways.append(pieces)
            }
            for way in ways {
                let (head, body, left) = try read(way)
                #expect(head.status.code == status && String(decoding: body, as: UTF8.self) == expected && left == 0)
                #expect(head.keepAlive == keepAlive)
            }
        }
    }

    @Test func headOfHeadHasNoBody() throws {
        let (head, body, left) = try read([bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")], forHead: true)
        #expect(head.framing == .none && body.isEmpty && left == 0 && head.headers["content-length"] == "5")
    }

    @Test(arguments: [
        "HTTP/2.0 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 11) + "\r\n",
        "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 5000) + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 5000),
    ])
    func refusesHead(_ text: String) {
        #expect(throws: HTTPClientError.self) { try read([bytes(text)]) }
        #expect(throws: HTTPClientError.self) { try read(bytes(text).map { [$0] }) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    ])
    func refusesBody(_ text: String) {
        #expect(throws: HTTPBodyError.self) { try read([bytes(text)]) }
        #expect(throws: HTTPBodyError.self) { try read(bytes(text).map { [$0] }) }
    }
}

@Suite struct RequestEncoderTests {
    private func encode(_ request: HTTPClientRequest) throws -> String {
        String(decoding: try RequestEncoder.encode(request), as: UTF8.self)
    }

    @Test func framesByItself() throws {
        var request = HTTPClientRequest(url: URLParts("http://example.com:8080/a?b=c")!)
        #expect(try encode(request) == "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\n\r\n")
        request.method = .post
        #expect(try encode(request) == "POST /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nContent-Length: 0\r\n\r\n")
        request.headers = [
            "Host": "other", "content-length": "99", "Transfer-Encoding": "chunked", "Connection": "close", "Keep-Alive": "x",
            "Expect": "100-continue",
            "Upgrade": "h2c", "Proxy-Connection": "close", "X": "1",
        ]
        request.body = .bytes(Array("hey".utf8))
        #expect(try encode(request) == "POST /a?b=c HTTP/1.1\r\nHost: other\r\nX: 1\r\nContent-Length: 3\r\n\r\nhey")
        request.body = .stream(length: nil) { nil }
        #expect(try encode(request) == "POST /a?b=c HTTP/1.1\r\nHost: other\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
        request.body = .none
        request.method = .get
        request.wantsUpgrade = true
        request.headers = ["Connection": "Upgrade", "Upgrade": "websocket"]
        #expect(
            try encode(request) == "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    @Test func refusesWhatWouldSplitTheRequest() {
        let url = URLParts(host: "h", port: 1, target: "/")
        for target in ["", "/ x", "/\r\nX: y", "/\u{7f}", "/a\tb"] {
            #expect(throws: HTTPClientError.self) { try encode(HTTPClientRequest(url: url.with(target: target))) }
        }
        #expect(throws: HTTPClientError.self) { try encode(HTTPClientRequest(method: HTTPMethod("GET /x"), url: url)) }
        #expect(throws: HTTPClientError.self) { try encode(HTTPClientRequest(url: URLParts(host: "h\r\nX: y", port: 1))) }
    }

    @Test func readsURLs() {
        #expect(URLParts("http://h") == URLParts(host: "h", port: 80, target: "/"))
        #expect(URLParts("HTTPS://h/x?y#z") == URLParts(scheme: .https, host: "h", port: 443, target: "/x?y"))
        #expect(URLParts("http://[::1]:81?q") == URLParts(host: "::1", port: 81, target: "/?q"))
        #expect(URLParts("http://[::1]:81")?.authority == "[::1]:81" && URLParts("https://h:443/")?.authority == "h")
        for bad in [
            "h", "ftp://h", "http://", "http://u@h", "http://h:0", "http://h:x", "http://h:70000", "http://h/a b", "http://::1/",
            "http://[::1",
        ] {
            #expect(URLParts(bad) == nil, "\(bad)")
        }
    }
}
