import TiketiNet
import TiketiTesting

/// Puts TLS in front of a plain server: what arrives is decrypted and carried on byte by byte.
final class TLSFront: Sendable {
    let port: Int
    /// Connections whose handshake the client finished: only then can a request come.
    let trusted: Locked<Int>
    private let loops: [EventLoop]
    private let listeners: [Listener]

    init(_ identity: TestCertificates.Identity, to target: Int, group: EventLoopGroup) async throws {
        let context = try TLSContext.server(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
        let trusted = Locked(0)
        let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: group) { stream in
            _ = stream.loop.spawn {
                guard let tls = try? await TLSStream.server(over: stream, context: context, timeoutNanoseconds: 5_000_000_000) else {
                    return
                }
                defer { tls.close() }
                let address = SocketAddress(literal: "127.0.0.1", port: target)!
                guard let plain = try? await Stream.connect(to: address, timeoutNanoseconds: 5_000_000_000) else { return }
                defer { plain.close() }
                let back = tls.loop.spawn { await Self.carry(plain, tls) }
                await Self.carry(tls, plain) { trusted.withLock { $0 += 1 } }
                plain.close()
                await back.value
            }
        }
        self.trusted = trusted
        loops = group.loops
        listeners = listening.listeners
        port = listening.address.port
    }

    private static func carry(_ from: any ByteStream, _ to: any ByteStream, first: () -> Void = {}) async {
        let buffer = ByteBuffer()
        var isFirst = true
        while let count = try? await from.read(into: buffer), count > 0 {
            if isFirst { first() }
            isFirst = false
            try? await to.write(from: buffer)
        }
        to.finishWriting()
    }

    func stop() async {
        for (loop, listener) in zip(loops, listeners) { _ = try? await loop.run { listener.close() } }
    }
}
