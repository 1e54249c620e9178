import Testing

@testable import TiketiStore

/// Feeds `pieces` one after another and collects what comes out.
private func parse(_ pieces: [[UInt8]], limits: RESPLimits = RESPLimits()) throws -> [RESPMessage] {
    var parser = RESPParser(limits: limits)
    var messages: [RESPMessage] = []
    for piece in pieces {
        var position = 0
        while let message = try parser.next(piece.span, &position) { messages.append(message) }
        #expect(position == piece.count)
    }
    return messages
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct RESPParserTests {
    static let stream =
        "+OK\r\n-ERR no\r\n:42\r\n:-9223372036854775808\r\n$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        + "*3\r\n$1\r\na\r\n:7\r\n*2\r\n+x\r\n$-1\r\n_\r\n#t\r\n#f\r\n,3.25\r\n(123456789012345678901234567890\r\n"
        + "!5\r\nERR x\r\n=7\r\ntxt:a\r\n\r\n~2\r\n:1\r\n:2\r\n%1\r\n+k\r\n+v\r\n|1\r\n+ttl\r\n:3\r\n:9\r\n>2\r\n+message\r\n+m\r\n+END\r\n"
    static let expected: [RESPMessage] = [
        .reply(.simple("OK")), .reply(.error("ERR no")), .reply(.integer(42)), .reply(.integer(.min)), .reply(.bulk(bytes("hello"))),
        .reply(.bulk([])), .reply(.null), .reply(.null), .reply(.array([])),
        .reply(.array([.bulk(bytes("a")), .integer(7), .array([.simple("x"), .null])])), .reply(.null), .reply(.integer(1)),
        .reply(.integer(0)),
        .reply(.simple("3.25")), .reply(.simple("123456789012345678901234567890")), .reply(.error("ERR x")), .reply(.bulk(bytes("a\r\n"))),
        .reply(.array([.integer(1), .integer(2)])), .reply(.array([.simple("k"), .simple("v")])), .reply(.integer(9)),
        .push([.simple("message"), .simple("m")]), .reply(.simple("END")),
    ]

    @Test func wholeStream() throws {
        #expect(try parse([bytes(Self.stream)]) == Self.expected)
    }

    @Test func byteByByte() throws {
        #expect(try parse(bytes(Self.stream).map { [$0] }) == Self.expected)
    }

    @Test func randomSplits() throws {
        let all = bytes(Self.stream)
        for _ in 0..<500 {
            var pieces: [[UInt8]] = []
            var start = 0
            while start < all.count {
                let end = min(all.count, start + Int.random(in: 1...17))
                pieces.append(Array(all[start..<end]))
                start = end
            }
            #expect(try parse(pieces) == Self.expected)
        }
    }

    @Test(arguments: [
        "x\r\n", ":\r\n", ":1a\r\n", ":99999999999999999999\r\n", ":9223372036854775808\r\n", "+no cr\n", "\r\n", "$-2\r\n",
        "$3\r\nabcd\r\n",
        "$3\r\nabc\n", "*-2\r\n", "*1\r\n>1\r\n:1\r\n", "#x\r\n", "_x\r\n", "$?\r\n", "%-1\r\n", "=2\r\nab\r\n", ",\r\n",
    ])
    func malformed(_ text: String) {
        #expect(throws: RESPError.self) { try parse([bytes(text)]) }
        #expect(throws: RESPError.self) { try parse(bytes(text).map { [$0] }) }
    }

    @Test func limits() {
        let small = RESPLimits(line: 10, bulk: 10, elements: 3, depth: 2, total: 40)
        for text in [
            "+01234567890\r\n", "$11\r\n01234567890\r\n", "*4\r\n", "*1\r\n*1\r\n*1\r\n:1\r\n",
            "*3\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n",
        ] {
            #expect(throws: RESPError.self) { try parse([bytes(text)], limits: small) }
        }
        // A line that never ends is refused while it grows.
        #expect(throws: RESPError.self) { try parse(Array(repeating: bytes("+aaaa").dropLast(0).map { $0 }, count: 10), limits: small) }
    }

    @Test func budgetIsPerReply() throws {
        let small = RESPLimits(total: 40)
        let one = bytes("$20\r\n01234567890123456789\r\n")
        #expect(try parse(Array(repeating: one, count: 50), limits: small).count == 50)
    }

    @Test func randomBytesNeverTrap() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = bytes("+-:$*_#,(!=~%|>0123456789\r\nab")
        for _ in 0..<5000 {
            let input = (0..<Int.random(in: 1...60)).map { _ in alphabet.randomElement(using: &generator)! }
            _ = try? parse([input], limits: RESPLimits(line: 64, bulk: 64, elements: 16, depth: 4, total: 256))
        }
    }

    @Test func encodesCommands() {
        var output: [UInt8] = []
        encodeRESP(["SET", "k", RedisArgument([0, 13, 10]), RedisArgument(-120)], into: &output)
        #expect(output == bytes("*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\0\r\n\r\n$4\r\n-120\r\n"))
        output = []
        encodeRESP(["X", RedisArgument(Int64.min), 0, "한"], into: &output)
        #expect(output == bytes("*4\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n$1\r\n0\r\n$3\r\n한\r\n"))
    }
}

@Suite struct RedisConfigurationTests {
    @Test func readsURLs() throws {
        let plain = try RedisConfiguration(url: "redis://localhost")
        #expect(plain.endpoint == .tcp(host: "localhost", port: 6379) && !plain.tls && plain.password == nil && plain.database == 0)
        let full = try RedisConfiguration(url: "rediss://app:p%40ss:w@cache.example:6380/3")
        #expect(full.endpoint == .tcp(host: "cache.example", port: 6380) && full.tls && full.database == 3)
        #expect(full.username == "app" && full.password == "p@ss:w")
        let password = try RedisConfiguration(url: "redis://:secret@[::1]:7000/")
        #expect(password.endpoint == .tcp(host: "::1", port: 7000) && password.username == nil && password.password == "secret")
        let socket = try RedisConfiguration(url: "unix:///run/redis.sock?db=2")
        #expect(socket.endpoint == .unix(path: "/run/redis.sock") && socket.database == 2)
    }

    @Test(arguments: [
        "localhost:6379", "http://x", "redis://", "redis://h:0", "redis://h:x", "redis://h/x", "redis://h/-1", "redis://%zz@h", "unix://x",
        "redis://h?x=1",
    ])
    func refuses(_ url: String) {
        #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
    }
}
