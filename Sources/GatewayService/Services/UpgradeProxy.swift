// An upgraded connection through the gateway: two copies, one each way, that end together. A piece is read from one side only after the
// other side took the last one, so a slow browser slows the hub and fills nobody's memory.
import TiketiNet

enum UpgradeProxy {
    static func response(_ answer: HTTPClientResponse, _ upstream: any ByteStream, _ leftover: ByteBuffer, idle: UInt64) -> HTTPResponse {
        var headers = ProxyHeaders.forResponse(answer.headers)
        headers.add("Connection", "Upgrade")
        headers.add("Upgrade", "websocket")
        let tunnel = Tunnel(upstream: upstream, fromUpstream: leftover, idle: idle)
        return HTTPResponse(status: .switchingProtocols, headers: headers, body: .upgrade { await tunnel.run(client: $0, fromClient: $1) })
    }
}

/// `@unchecked Sendable`: made by the handler on the connection's loop and run there; both streams belong to that loop.
private final class Tunnel: @unchecked Sendable {
    private let upstream: any ByteStream
    private let fromUpstream: ByteBuffer
    private let idle: UInt64
    private var lastBytes: UInt64 = 0
    private var timer: LoopTimer?
    /// How long the other side may take to end when one has: closing at once would reset a peer that still sends, and take our last bytes from it.
    private static let lingerNanoseconds: UInt64 = 1_000_000_000

    init(upstream: any ByteStream, fromUpstream: ByteBuffer, idle: UInt64) {
        self.upstream = upstream
        self.fromUpstream = fromUpstream
        self.idle = idle
    }

    func run(client: any ByteStream, fromClient: ByteBuffer) async {
        let loop = client.loop
        lastBytes = loop.now
        watch(client)
        let box = Confined(fromClient)
        let back = loop.spawn { await self.copy(from: self.upstream, to: client, through: Confined(self.fromUpstream)) }
        await copy(from: client, to: upstream, through: box)
        await back.value
        timer?.cancel()
        timer = nil
        client.close()
        upstream.close()
    }

    /// When one side ends, what it sent is passed on and then both end: WebSocket has no half-open state (RFC 6455 7.1.1).
    private func copy(from source: any ByteStream, to target: any ByteStream, through buffer: Confined<ByteBuffer>) async {
        let buffer = buffer.value
        do {
            while true {
                if !buffer.isEmpty { try await target.write(from: buffer) }
                try await target.flush()
                buffer.releaseIfEmpty()
                let count = try await source.read(into: buffer)
                if count == 0 { break }
                lastBytes = source.loop.now
            }
            target.finishWriting()
            timer?.cancel()
            timer = source.loop.schedule(afterNanoseconds: Self.lingerNanoseconds) {
                source.close()
                target.close()
            }
        } catch {
            // Whoever failed, the connection is over for both.
            source.close()
            target.close()
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
