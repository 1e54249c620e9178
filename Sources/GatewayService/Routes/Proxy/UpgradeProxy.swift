// An upgraded connection through the gateway: two copies, one each way, that end together. A piece is read from one side only after the
// other side took the last one, so a slow browser slows the hub and fills nobody's memory.
import TiketiNet

/// The answer to an upgrade.
enum UpgradeProxy {
    static func response(_ answer: HTTPClientResponse, _ upstream: any ByteStream, _ leftover: ByteBuffer, idle: UInt64) -> HTTPResponse {
        var headers = ProxyHeaders.forResponse(answer.headers)
        headers.add("Connection", "Upgrade")
        headers.add("Upgrade", "websocket")
        let tunnel = Tunnel(upstream: upstream, fromUpstream: leftover, idle: idle)
        return HTTPResponse(status: .switchingProtocols, headers: headers, body: .upgrade { await tunnel.run(client: $0, fromClient: $1) })
    }
}

/// The two copies of one connection.
///
/// `@unchecked Sendable`: made by the handler on the connection's loop and run there; both streams belong to that loop.
private final class Tunnel: @unchecked Sendable {
    private let upstream: any ByteStream
    private let fromUpstream: ByteBuffer
    private let idle: UInt64
    private var lastBytes: UInt64 = 0
    private var timer: LoopTimer?
    private var client: (any ByteStream)?
    private var isEnding = false
    private var wasReset = false
    /// How long the other side may take to end when one has: closing at once would reset a peer that still sends, and take our last bytes
    /// from it.
    private static let linger = Duration.seconds(1)
    /// What the kernel may keep unsent: the hub is to learn of a slow browser, which it cuts, before megabytes wait here.
    private static let unsentBytes = 131_072

    init(upstream: any ByteStream, fromUpstream: ByteBuffer, idle: UInt64) {
        self.upstream = upstream
        self.fromUpstream = fromUpstream
        self.idle = idle
    }

    func run(client: any ByteStream, fromClient: ByteBuffer) async {
        let loop = client.loop
        client.limitUnsent(bytes: Self.unsentBytes)
        upstream.limitUnsent(bytes: Self.unsentBytes)
        lastBytes = loop.now
        self.client = client
        watch(client)
        let box = Confined(fromClient)
        let back = loop.spawn { await self.copy(from: self.upstream, to: client, through: Confined(self.fromUpstream)) }
        await copy(from: client, to: upstream, through: box)
        await back.value
        timer?.cancel()
        timer = nil
        client.close()
        upstream.close()
        self.client = nil
    }

    /// When one side ends, what it sent is passed on and then both end: WebSocket has no half-open state (RFC 6455 7.1.1). What is still
    /// sent to a side that takes nothing any more is thrown away: leaving it unread would reset the sender before it has read its close
    /// frame.
    private func copy(from source: any ByteStream, to target: any ByteStream, through buffer: Confined<ByteBuffer>) async {
        let buffer = buffer.value
        var isTaken = true
        repeat {
            if isTaken {
                do throws(IOError) {
                    if !buffer.isEmpty { try await target.write(from: buffer) }
                    try await target.flush()
                } catch {
                    isTaken = false
                    endSoon(source.loop)
                }
            }
            if !isTaken { buffer.clear() }
            buffer.releaseIfEmpty()
            lastBytes = source.loop.now
        } while await isRead(source, into: buffer)
        target.finishWriting()
        endSoon(source.loop)
    }

    private func isRead(_ source: any ByteStream, into buffer: ByteBuffer) async -> Bool {
        do throws(IOError) {
            return try await source.read(into: buffer) > 0
        } catch {
            wasReset = true
            return false
        }
    }

    private func endSoon(_ loop: EventLoop) {
        guard !isEnding else { return }
        isEnding = true
        timer?.cancel()
        timer = loop.schedule(afterNanoseconds: Self.linger.nanoseconds) { [self] in
            // What a side was cut with goes to the other: the hub cuts a browser that does not read, and nothing is to wait for that one
            // here either.
            if wasReset { client?.reset() } else { client?.close() }
            upstream.close()
        }
    }

    /// One timer per connection, moved only when it fires: bytes just note their time.
    private func watch(_ client: any ByteStream) {
        let quiet = client.loop.now - lastBytes
        if quiet >= idle {
            client.close()
            upstream.close()
            return
        }
        timer = client.loop.schedule(afterNanoseconds: idle - quiet) { [weak self] in self?.watch(client) }
    }
}

/// Carries a loop-confined value into a task of the same loop. `@unchecked Sendable` for just that.
private struct Confined<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
