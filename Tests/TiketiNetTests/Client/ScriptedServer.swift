// A peer that does exactly what a test says, right or wrong, over real sockets.
import Testing
import TiketiNet

/// Both ends on one loop, so that a test can speak for each of them.
let clientGroup = EventLoopGroup(count: 1)
let clientLoop = clientGroup.loops[0]

/// The server's side of one connection.
final class ScriptedConnection: @unchecked Sendable {
    let stream: any ByteStream
    let buffer = ByteBuffer()
    /// 0 for the first connection a test makes.
    let number: Int

    init(_ stream: any ByteStream, _ number: Int) {
        self.stream = stream
        self.number = number
    }

    /// The next request's head, with its empty line; nil when the client has closed.
    func head() async -> String? {
        while true {
            let text = String(decoding: buffer.readable, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.upperBound])
                buffer.consume(head.utf8.count)
                return head
            }
            guard let count = try? await stream.read(into: buffer), count > 0 else { return nil }
        }
    }

    /// The next bytes as text.
    func text(_ count: Int) async -> String {
        while buffer.count < count {
            guard let more = try? await stream.read(into: buffer), more > 0 else { break }
        }
        return String(decoding: buffer.take(count), as: UTF8.self)
    }

    func send(_ text: String) async {
        stream.write(Array(text.utf8))
        _ = try? await stream.flush()
    }

    /// Waits until the client goes away.
    func waitForEnd() async {
        buffer.clear()
        while let count = try? await stream.read(into: buffer), count > 0 { buffer.clear() }
    }
}

/// Runs `serve` for each connection and `body` as a task of the same loop.
func withScript<Value: Sendable>(
    configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    _ serve: @escaping @Sendable (ScriptedConnection) async -> Void,
    _ body: @escaping @Sendable (HTTPClient, URLParts) async throws -> Value
) async throws -> Value {
    let accepted = Locked(0)
    let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: clientGroup) { stream in
        let number = accepted.withLock { count in
            defer { count += 1 }
            return count
        }
        clientLoop.spawn {
            let connection = ScriptedConnection(stream, number)
            await serve(connection)
            stream.close()
        }
    }
    return try await clientLoop.run {
        let client = HTTPClient(configuration: configuration)
        defer {
            client.close()
            listening.listeners[0].close()
        }
        return try await body(client, URLParts(host: "127.0.0.1", port: listening.address.port))
    }
}

/// The error of a request that must fail.
func clientFailure(_ body: () async throws(HTTPClientError) -> HTTPClientResponse) async -> HTTPClientError? {
    do throws(HTTPClientError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

extension HTTPClientResponse {
    func text() async throws -> String { String(decoding: try await body.collect(upTo: 10_000_000), as: UTF8.self) }
}
