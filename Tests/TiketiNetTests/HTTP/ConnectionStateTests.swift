// The connection's decisions without a socket: what frames a response, and what may follow it.
import Testing

@testable import TiketiNet

@Suite struct ConnectionStateTests {
    private func begun(_ text: String, maxBody: Int = 1000) throws -> HTTPConnectionState {
        var state = HTTPConnectionState()
        try state.begin(try acceptHead(text), maxBody: maxBody)
        #expect(state.phase == .handling)
        return state
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let stream = HTTPResponseBody.stream(length: nil) { _ in }
    private static let sized = HTTPResponseBody.stream(length: 7) { _ in }

    @Test func framing() throws {
        let bytes = HTTPResponseBody.bytes([1, 2])
        let cases: [(String, Int, HTTPResponseBody, ResponseEncoder.Framing, Bool)] = [
            (Self.get, 200, .none, .length(0), false), (Self.get, 200, bytes, .length(2), false),
            (Self.get, 200, Self.stream, .chunked, false),
            (Self.get, 200, Self.sized, .length(7), false), (Self.get, 204, bytes, .omitted, false),
            (Self.get, 304, bytes, .omitted, false),
            ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, bytes, .length(2), false),
            ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, .none, .omitted, false),
            ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, Self.stream, .omitted, false),
            ("GET / HTTP/1.0\r\n\r\n", 200, Self.stream, .untilClose, true),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, bytes, .length(2), false),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, Self.stream, .untilClose, true),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, bytes, .length(2), true),
        ]
        for (head, status, body, framing, close) in cases {
            var state = try begun(head)
            let shape = state.respond(HTTPStatus(status), body, maxDiscard: 10)
            #expect(shape.framing == framing, "\(head) \(status)")
            #expect(shape.close == close, "\(head) \(status)")
        }
    }

    @Test func whatFollows() throws {
        var state = try begun(Self.get)
        var shape = state.respond(.ok, .none, maxDiscard: 10)
        var next: HTTPConnectionState.Next
        next = state.responded(close: shape.close, unreadBytes: 5)
        #expect(next == .request)
        #expect(state.phase == .idle)

        state = try begun("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
        shape = state.respond(.ok, .none, maxDiscard: 10)
        next = state.responded(close: shape.close, unreadBytes: 0)
        #expect(next == .discard)
        let bytes = [UInt8](repeating: 0, count: 12)
        let used = try bytes.withUnsafeBytes { try state.body.take($0).used }
        #expect(used == 10)
        next = state.discarded()
        #expect(next == .request)

        state = try begun("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
        shape = state.respond(.ok, .none, maxDiscard: 10)
        #expect(shape.close)
        next = state.responded(close: shape.close, unreadBytes: 0)
        #expect(next == .linger)

        state = try begun("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        shape = state.respond(.ok, .none, maxDiscard: 10)
        next = state.responded(close: shape.close, unreadBytes: 0)
        #expect(next == .close)
        #expect(state.phase == .closing)
    }

    @Test func expectation() throws {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        var state = try begun(text)
        let continues = [state.takeContinue(), state.takeContinue()]
        #expect(continues == [true, false])
        let read = state.respond(.ok, .none, maxDiscard: 10)
        #expect(!read.close)
        state = try begun(text)
        let unread = state.respond(.ok, .none, maxDiscard: 10)
        #expect(unread.close)
    }

    @Test func bodyLimits() throws {
        #expect(throws: RequestRejection.bodyTooLarge) { try begun("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n") }
        var state = try begun("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", maxBody: 3)
        let bytes = Array("4\r\nabcd\r\n".utf8)
        #expect(throws: HTTPBodyError.tooLarge) { try bytes.withUnsafeBytes { _ = try state.body.take($0) } }
        #expect(state.body.failure == .tooLarge)
        let shape = state.respond(.contentTooLarge, .none, maxDiscard: 10)
        #expect(shape.close)
    }

    @Test func drain() throws {
        var state = HTTPConnectionState()
        let idle = state.drain()
        #expect(idle)
        state = HTTPConnectionState()
        state.partialHead()
        let partial = state.drain()
        #expect(!partial)
        try state.begin(try acceptHead(Self.get), maxBody: 10)
        let shape = state.respond(.ok, .none, maxDiscard: 10)
        #expect(shape.close)
    }
}
