// A connection that sends exactly the bytes it is told to, for what an ordinary client would tidy up.
import TiketiNet

/// Confined to the loop it connects on.
final class RawConnection: @unchecked Sendable {
    struct Ended: Error {}

    let stream: TiketiNet.Stream
    private let buffer = ByteBuffer()

    private init(_ stream: TiketiNet.Stream) { self.stream = stream }

    static func connect(_ port: Int) async throws -> RawConnection {
        RawConnection(try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 20_000_000_000))
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        stream.write(bytes)
        try await stream.flush()
    }

    /// One read with a limit in time; false at the end.
    func receive(seconds: Double = 10) async throws -> Bool {
        let timer = stream.loop.schedule(afterNanoseconds: UInt64(seconds * 1e9)) { [stream] in stream.interruptRead(.timeout) }
        defer { timer.cancel() }
        do {
            return try await stream.read(into: buffer) > 0
        } catch  where error.code == .reset {
            return false
        }
    }

    func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count { guard try await receive() else { throw Ended() } }
        return buffer.take(count)
    }

    /// A head up to its empty line.
    func head() async throws -> String {
        while true {
            let text = String(decoding: buffer.readable, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                return String(decoding: buffer.take(text[..<end.upperBound].utf8.count), as: UTF8.self)
            }
            guard try await receive() else { throw Ended() }
        }
    }

    func toEnd() async throws -> [UInt8] {
        while try await receive() {}
        return buffer.take()
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        let wanted = Array(part.utf8)
        let all = Array(utf8)
        guard all.count >= wanted.count else { return nil }
        for start in 0...(all.count - wanted.count) where Array(all[start..<(start + wanted.count)]) == wanted {
            return utf8.index(utf8.startIndex, offsetBy: start)..<utf8.index(utf8.startIndex, offsetBy: start + wanted.count)
        }
        return nil
    }
}
