// Log lines: one JSON object each, secrets masked, never blocking the writer, nothing lost at a flush.

import Glibc
import Logging
import Testing
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct LogTests {
    /// A pipe with a sink at its writing end.
    private final class Pipe: Sendable {
        let reader: Int32
        let sink: LogSink

        init(limit: Int = 1 << 20) {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            reader = ends[0]
            sink = LogSink(descriptor: ends[1], limitBytes: limit)
        }

        func lines() -> [JSONValue] {
            sink.flush()
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(reader, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
            return bytes.split(separator: 0x0A).map { (try? JSONValue.parse(Array($0))) ?? .string(String(decoding: $0, as: UTF8.self)) }
        }
    }

    @Test func lineShape() throws {
        let pipe = Pipe()
        var logger = Logger(label: "x", factory: { _ in JSONLogHandler(service: "ticket", level: .debug, sink: pipe.sink) })
        logger[metadataKey: "requestId"] = "r-1"
        logger.info(
            "hello \"you\"\n", metadata: ["count": .stringConvertible(3), "list": ["a", "b"], "nested": ["k": "v"], "level": "fake"])
        logger.trace("not written")
        logger.error("bad", metadata: ["password": "hunter2", "accessToken": "abc", "deep": ["Authorization": "Bearer x"]])
        let lines = pipe.lines()
        try #require(lines.count == 2)
        #expect(
            lines[0].objectValue?.map(\.key) == ["level", "message", "timestamp", "service", "requestId", "count", "list", "nested"])
        #expect(lines[0]["level"] == .string("info"))
        #expect(lines[0]["message"] == .string("hello \"you\"\n"))
        #expect(lines[0]["service"] == .string("ticket"))
        #expect(lines[0]["count"] == .integer(3))
        #expect(Timestamp(rfc3339: lines[0]["timestamp"]?.stringValue ?? "") != nil)
        let secret = String(decoding: lines[1].encoded, as: UTF8.self)
        #expect(!secret.contains("hunter2") && !secret.contains("abc") && !secret.contains("Bearer"))
        #expect(lines[1]["password"] == .string("[redacted]"))
        #expect(lines[1]["source"]?.stringValue?.contains("LogTests.swift") == true)
    }

    @Test func everyThreadsLinesArriveWhole() async {
        let pipe = Pipe()
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { for line in 0..<100 { pipe.sink.write(Array("{\"w\":\(writer),\"l\":\(line)}\n".utf8)) } }
            }
        }
        let lines = pipe.lines()
        #expect(lines.count == 400)
        #expect(lines.allSatisfy { $0["w"] != nil })
        #expect(pipe.sink.dropped == 0)
    }

    @Test func fullSinkDropsAndCounts() {
        let pipe = Pipe(limit: 4096)
        // Nobody reads: the pipe takes 64 kB, the sink 4 kB, the rest is dropped, and no write ever waits.
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1023) + [0x0A]
        for _ in 0..<1000 { pipe.sink.write(line) }
        #expect(pipe.sink.dropped > 800)
    }

    @Test func accessLogLine() async throws {
        let pipe = Pipe()
        let router = Router()
        router.get("/api/events/:id") { _ in .success() }
        router.get("/health", .quiet) { _ in .success() }
        router.get("/fail", .quiet) { _ in throw APIError.internal }
        let app = TestApp(
            router,
            observers: RouterObservers(
                accessLog: AccessLog(service: "ticket", sink: pipe.sink), logger: Logger(label: "x") { _ in SwiftLogNoOpLogHandler() }))
        _ = try await app.send(
            .get, "/api/events/7?token=secret",
            headers: ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-Id": "request-17"])
        _ = try await app.get("/health")
        _ = try await app.get("/fail")
        let lines = pipe.lines()
        try #require(lines.count == 2)
        #expect(lines[0]["route"] == .string("/api/events/:id"))
        #expect(lines[0]["path"] == .string("/api/events/7"))
        #expect(lines[0]["requestId"] == .string("request-17"))
        #expect(lines[0]["traceId"] == .string("0af7651916cd43dd8448eb211c80319c"))
        #expect(lines[0]["status"] == .integer(200))
        #expect((lines[0]["durationMs"]?.doubleValue ?? -1) >= 0)
        #expect(lines[1]["level"] == .string("error"))
    }
}
