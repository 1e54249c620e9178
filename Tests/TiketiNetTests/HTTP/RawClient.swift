// A client that sends exactly the bytes it is told to, and the smallest reader of what comes back.
import Synchronization
import Testing

@testable import TiketiNet

/// Confined to the loop it connects on.
final class RawClient: @unchecked Sendable {
    let stream: TiketiNet.Stream
    private let buffer = ByteBuffer()

    private init(_ stream: TiketiNet.Stream) { self.stream = stream }

    static func connect(_ port: Int) async throws -> RawClient {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: port))
        return RawClient(try await Stream.connect(to: address, timeoutNanoseconds: 20_000_000_000))
    }

    func send(_ text: String) async throws {
        stream.write(Array(text.utf8))
        try await stream.flush()
    }

    /// One read; false at the end of the stream or after a reset.
    func receive(seconds: Double = 10) async throws -> Bool {
        let timer = stream.loop.schedule(afterNanoseconds: UInt64(seconds * 1e9)) { [stream] in stream.interruptRead(.timeout) }
        defer { timer.cancel() }
        do {
            return try await stream.read(into: buffer) > 0
        } catch  where error.code == .reset {
            return false
        }
    }

    var received: Int { buffer.count }

    /// Everything until the server closes.
    func readToEnd() async throws -> String {
        while try await receive() {}
        return String(decoding: buffer.take(), as: UTF8.self)
    }

    private func line() async throws -> String {
        while true {
            if let end = Byte.find(10, in: buffer.readable, from: 0) {
                return String(decoding: buffer.take(end + 1).dropLast(2), as: UTF8.self)
            }
            guard try await receive() else { throw Ended() }
        }
    }

    private func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count { guard try await receive() else { throw Ended() } }
        return buffer.take(count)
    }

    struct Ended: Error {}

    struct Response {
        var status = 0
        var headers = HTTPHeaders()
        var body: [UInt8] = []
        var chunks = 0
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The next response; `head`: without a body.
    func response(head: Bool = false) async throws -> Response {
        var response = Response()
        let parts = try await line().split(separator: " ")
        try #require(parts.count >= 2 && parts[0] == "HTTP/1.1")
        response.status = try #require(Int(parts[1]))
        while true {
            let line = try await line()
            if line.isEmpty { break }
            let colon = try #require(line.firstIndex(of: ":"))
            response.headers.add(String(line[..<colon]), String(line[colon...].dropFirst(2)))
        }
        if head { return response }
        if let length = response.headers["content-length"].flatMap({ Int($0) }) {
            response.body = try await bytes(length)
        } else if response.headers["transfer-encoding"] == "chunked" {
            while true {
                let size = try #require(Int(try await line(), radix: 16))
                response.body += try await bytes(size)
                #expect(try await line().isEmpty)
                if size == 0 { break }
                response.chunks += 1
            }
        }
        return response
    }

    func get(_ path: String, _ headers: String = "") async throws -> Response {
        try await send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return try await response()
    }
}

/// Starts a server on the shared loops, runs the body as a task of one of them, and stops the server.
func withServer(
    group: EventLoopGroup = .shared, _ configure: (inout HTTPServerConfiguration) -> Void = { _ in }, handler: @escaping HTTPHandler,
    _ body: @escaping @Sendable (HTTPServer, Int) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration()
    configure(&configuration)
    let server = HTTPServer(group: group, configuration: configuration, handler: handler)
    let port = try await server.start(host: "127.0.0.1", port: 0)
    do {
        try await EventLoopGroup.shared.next().run { try await body(server, port) }
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

func text(_ text: String, _ status: HTTPStatus = .ok) -> HTTPResponse { HTTPResponse(status: status, body: .bytes(Array(text.utf8))) }
