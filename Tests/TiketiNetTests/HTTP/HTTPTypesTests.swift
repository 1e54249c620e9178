// Headers, bodies, dates and the encoder: the values that every handler touches.
import Testing

@testable import TiketiNet

@Suite struct HTTPTypesTests {
    @Test func headersKeepOrderAndIgnoreCase() {
        var headers: HTTPHeaders = ["Content-Type": "a", "Set-Cookie": "1"]
        headers.add("set-cookie", "2")
        #expect(headers["CONTENT-type"] == "a")
        #expect(headers.values("Set-Cookie") == ["1", "2"])
        #expect(headers.map { "\($0.name)=\($0.value)" } == ["Content-Type=a", "Set-Cookie=1", "set-cookie=2"])
        headers["SET-COOKIE"] = "3"
        #expect(headers.values("set-cookie") == ["3"])
        headers.remove("content-type")
        #expect(headers.count == 1)
        headers["x"] = nil
        #expect(headers.contains("Set-cookie") && !headers.contains("Set-cooki"))
    }

    @Test func headersCannotSplitAMessage() {
        var headers = HTTPHeaders()
        headers.add("Location", "/a\r\nSet-Cookie: x\0")
        headers.add("Bad Name", "x")
        headers.add("", "x")
        headers.add("X\r\nY", "x")
        #expect(headers.count == 1)
        #expect(headers["Location"] == "/a  Set-Cookie: x ")
    }

    @Test func lists() {
        var headers = HTTPHeaders()
        headers.add("Connection", "keep-alive ,\tUpgrade,")
        headers.add("Connection", "x")
        #expect(headers.lists("connection", token: "upgrade"))
        #expect(headers.lists("connection", token: "X"))
        #expect(!headers.lists("connection", token: "keep"))
    }

    @Test func tokenBytes() {
        let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max { #expect(HTTPHeaders.isTokenByte(byte) == allowed.contains(byte)) }
    }

    @Test func date() {
        #expect(DateLine.text(at: 784_111_777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
        #expect(DateLine.text(at: 951_782_400) == "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n")
    }

    private func encode(_ response: HTTPResponse, _ framing: ResponseEncoder.Framing, close: Bool = false, legacy: Bool = false) -> String {
        var shape = ResponseEncoder.Shape(framing: framing, close: close, legacy: legacy)
        var body: [UInt8] = []
        if case .bytes(let bytes) = response.body { body = bytes }
        let bytes = ResponseEncoder.encode(response.status, response.headers, shape: &shape, date: DateLine(), body: body)
        return String(decoding: bytes, as: UTF8.self).replacing(#/Date: [^\r]*GMT/#, with: "Date: now")
    }

    @Test func encoder() {
        let hello = HTTPResponse(headers: ["Content-Type": "text/plain"], body: .bytes(Array("hello".utf8)))
        #expect(encode(hello, .length(5)) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nDate: now\r\n\r\nhello")
        let liar = HTTPResponse(
            status: .created,
            headers: [
                "content-length": "9", "Transfer-Encoding": "chunked", "Keep-Alive": "x", "connection": "Upgrade, close",
                "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
            ])
        #expect(encode(liar, .length(0)) == "HTTP/1.1 201 Created\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        #expect(encode(HTTPResponse(status: HTTPStatus(299)), .omitted) == "HTTP/1.1 299 \r\nDate: now\r\n\r\n")
        #expect(encode(HTTPResponse(), .chunked).contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(encode(HTTPResponse(), .untilClose).hasSuffix("Connection: close\r\n\r\n"))
        #expect(encode(HTTPResponse(), .length(0), legacy: true).hasSuffix("Connection: keep-alive\r\n\r\n"))
        #expect(
            encode(HTTPResponse(status: .switchingProtocols, headers: ["Connection": "Upgrade", "Upgrade": "websocket"]), .upgrade)
                == "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nDate: now\r\n\r\n")
    }

    @Test func numbers() {
        #expect(ResponseEncoder.chunk(Array(repeating: 65, count: 26)) == Array("1a\r\n\(String(repeating: "A", count: 26))\r\n".utf8))
        for value in [0, 1, 15, 16, 255, 256, 65_536, 1_048_575, Int.max] {
            #expect(ResponseEncoder.chunkSize(value) == Array("\(String(value, radix: 16))\r\n".utf8))
        }
    }

    @Test func requestTarget() async throws {
        let loop = EventLoopGroup.shared.loops[0]
        let peer = try #require(SocketAddress(literal: "127.0.0.1", port: 1))
        let request = HTTPRequest(target: "/a/b?c=d?e", peer: peer, loop: loop)
        #expect(request.path == "/a/b")
        #expect(request.query == "c=d?e")
        let plain = HTTPRequest(target: "/a", peer: peer, loop: loop)
        #expect(plain.path == "/a")
        #expect(plain.query.isEmpty)
    }

    @Test func bodies() async throws {
        #expect(try await HTTPBody().read() == nil)
        let body = HTTPBody([1, 2, 3])
        #expect(body.length == 3)
        #expect(try await body.collect(upTo: 3) == [1, 2, 3])
        #expect(try await body.read() == nil)
        await #expect(throws: HTTPBodyError.tooLarge) { try await HTTPBody([1, 2, 3]).collect(upTo: 2) }
        let stream = HTTPResponseBody.stream(length: nil) { writer in
            try await writer.write([1])
            try await writer.write([2])
        }
        #expect(try await stream.collect() == [1, 2])
    }
}
