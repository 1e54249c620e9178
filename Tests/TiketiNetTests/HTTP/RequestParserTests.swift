// The request head: accepted in any split, and every way of being ambiguous refused.
import Testing

@testable import TiketiNet

/// Feeds all the bytes at once.
func parseHead(_ text: String, limits: RequestParser = RequestParser()) -> RequestParser.Outcome {
    var parser = limits
    return Array(text.utf8).withUnsafeBytes { parser.parse($0) }
}

func acceptHead(_ text: String) throws -> RequestHead {
    guard case .head(let head, let length) = parseHead(text) else { throw ParseFailure(outcome: "\(parseHead(text))") }
    #expect(length == text.utf8.count)
    return head
}

struct ParseFailure: Error { let outcome: String }

/// The rejection of the bytes given at once, as status and message; nil when accepted or incomplete.
func rejection(_ text: String) -> RequestRejection? {
    if case .rejected(let rejection) = parseHead(text) { rejection } else { nil }
}

@Suite struct RequestParserTests {
    static let full =
        "POST /api/seats/reserve?a=b%20c&d HTTP/1.1\r\nHost: tiketi.gg:8080\r\nContent-Length: 12\r\nX-Empty:\r\n"
        + "Accept: text/html,\t*/*;q=0.8  \r\ncontent-TYPE:application/json\r\nX-Obs: caf\u{E9}\r\nConnection: Keep-Alive, foo\r\n\r\n"

    private func check(_ head: RequestHead) {
        #expect(head.method == .post)
        #expect(head.target == "/api/seats/reserve?a=b%20c&d")
        #expect(head.queryMark == 18)
        #expect(head.framing == .length(12))
        #expect(head.keepAlive)
        #expect(head.minorVersion == 1)
        #expect(head.headers.count == 7)
        #expect(head.headers["host"] == "tiketi.gg:8080")
        #expect(head.headers["X-EMPTY"] == "")
        #expect(head.headers["accept"] == "text/html,\t*/*;q=0.8")
        #expect(head.headers["Content-Type"] == "application/json")
        #expect(head.headers["x-obs"] == "caf\u{E9}")
        #expect(head.headers["missing"] == nil)
    }

    @Test func wholeHead() throws { check(try acceptHead(Self.full)) }

    @Test func byteByByte() {
        let bytes = Array(Self.full.utf8)
        var parser = RequestParser()
        for end in 0...bytes.count {
            let outcome = bytes[0..<end].withUnsafeBytes { parser.parse($0) }
            if end < bytes.count {
                guard case .incomplete = outcome else {
                    Issue.record("at \(end): \(outcome)")
                    return
                }
            } else {
                guard case .head(let head, bytes.count) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                check(head)
            }
        }
    }

    @Test func randomSplitsOfAPipeline() {
        let texts = [
            Self.full, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nHEAD /x HTTP/1.0\r\n\r\n",
            "DELETE /y HTTP/1.1\r\nhOsT:b\r\nX: \(String(repeating: "v", count: 3000))\r\n\r\n",
        ]
        let stream = Array((0..<40).map { texts[$0 % texts.count] }.joined().utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var parser = RequestParser()
            var start = 0
            var end = 0
            var seen = 0
            while start < stream.count {
                switch stream[start..<end].withUnsafeBytes({ parser.parse($0) }) {
                case .incomplete: end = min(stream.count, end + Int.random(in: 1...900, using: &random))
                case .head(let head, let length):
                    #expect(head.method.rawValue == ["POST", "GET", "HEAD", "DELETE"][seen % 4])
                    seen += 1
                    start += length
                case .rejected(let why):
                    Issue.record("\(why)")
                    return
                }
            }
            #expect(seen == 40)
        }
    }

    @Test(arguments: [
        // Line ends
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\rHost: a\r\r",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n", "\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        // Request line
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
        "GET / HTTP/01.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n", "GET\r\n\r\n",
        "\r\n\r\n",
        "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / a HTTP/1.1\r\nHost: a\r\n\r\n",
        "\(String(repeating: "M", count: 33)) / HTTP/1.1\r\nHost: a\r\n\r\n",
        // Target
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /<x> HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n",
        // Names and values
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nÜ: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaa\u{b}bbbbbbbbbbbbbbb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: b\r\n\r\n",
        // Host
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: []\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        // Body length
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]) func malformed(_ text: String) {
        #expect(rejection(text)?.status == 400, "\(parseHead(text))")
    }

    @Test(arguments: [
        (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"), (505, "PRI * HTTP/2.0\r\n\r\n"), (505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"), (501, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"),
        (414, "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, "GET /\(String(repeating: "a", count: 8192))"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 32768))\r\n\r\n"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 32768))"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: a\r\n", count: 100))\r\n"),
    ]) func otherRefusals(_ status: Int, _ text: String) {
        #expect(rejection(text)?.status == status, "\(parseHead(text))")
    }

    /// A head that can't become good is refused before it is complete.
    @Test(arguments: ["\u{16}\u{3}\u{1}", "GET / HTTP/1.1\n", "GET / HTTP/1.1\rX", "GET /\u{0}", "\rX", "GET / HTTP/1.1\r\nHost: a\n"])
    func hopelessBeginnings(_ text: String) {
        #expect(rejection(text)?.status == 400, "\(parseHead(text))")
    }

    @Test func limitsAreExact() {
        let hundred = "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: a\r\n", count: 99))\r\n"
        #expect(rejection(hundred) == nil)
        let line = "GET /\(String(repeating: "a", count: 8192 - 16)) HTTP/1.1\r\n"
        #expect(line.utf8.count == 8192)
        #expect(rejection(line + "Host: a\r\n\r\n") == nil)
        let rest = 32768 - "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".utf8.count
        #expect(rejection("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: rest))\r\n\r\n") == nil)
        #expect(rejection("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: rest + 1))\r\n\r\n")?.status == 431)
    }

    @Test func targetForms() throws {
        var head = try acceptHead("GET http://Example.com:8080?x=1 HTTP/1.1\r\nHost: other\r\nX: y\r\n\r\n")
        #expect(head.target == "/?x=1")
        #expect(head.queryMark == 1)
        #expect(head.headers.values("host") == ["Example.com:8080"])
        #expect(head.headers.count == 2)
        head = try acceptHead("GET HTTPS://[::1]/a/b?c?d HTTP/1.1\r\nHost: [::1]\r\n\r\n")
        #expect(head.target == "/a/b?c?d")
        #expect(head.queryMark == 4)
        #expect(try acceptHead("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").target == "*")
        #expect(try acceptHead("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").target == "*")
        #expect(try acceptHead("GET /?? HTTP/1.1\r\nHost: a\r\n\r\n").queryMark == 1)
        #expect(try acceptHead("GET //x/../y|{} HTTP/1.1\r\nHost:\r\n\r\n").target == "//x/../y|{}")
    }

    @Test func versionsAndPersistence() throws {
        #expect(try !acceptHead("GET / HTTP/1.0\r\n\r\n").keepAlive)
        #expect(try acceptHead("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keepAlive)
        #expect(try !acceptHead("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keepAlive)
        #expect(try !acceptHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade , CLOSE\r\n\r\n").keepAlive)
        #expect(try acceptHead("GET / HTTP/1.9\r\nHost: a\r\n\r\n").minorVersion == 1)
        #expect(try acceptHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: enclosed\r\n\r\n").keepAlive)
    }

    @Test func framingAndExpectation() throws {
        #expect(try acceptHead("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n").framing == .chunked)
        #expect(try acceptHead("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 000\r\n\r\n").framing == .none)
        #expect(try acceptHead("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t007 \r\n\r\n").framing == .length(7))
        #expect(try acceptHead("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n").expectsContinue)
        #expect(try !acceptHead("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
        #expect(try !acceptHead("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
    }

    /// What comes out must be safe to send on, whatever went in.
    @Test func randomBytesNeverYieldUnsafeHeads() {
        let alphabet = Array("GET / HTTP/1.1\r\nHost: a:\r\n\r\n \t\u{0}\u{7f},chunkedContent-Length0123456789é".utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var text = Array("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n".utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                text[Int.random(in: 0..<text.count, using: &random)] = alphabet.randomElement(using: &random)!
            }
            var parser = RequestParser()
            guard case .head(let head, _) = text.withUnsafeBytes({ parser.parse($0) }) else { continue }
            #expect(head.target.utf8.allSatisfy { $0 > 32 && $0 < 127 })
            head.headers.forEachField { name, value in
                #expect(HTTPHeaders.isToken(name))
                #expect(value.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 })
            }
        }
    }
}
