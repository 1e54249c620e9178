// TLS over a plain stream: OpenSSL works on two memory buffers, and this class carries the bytes between them and the socket.
import COpenSSL

/// An encrypted byte stream. A client's stream exists only after the server's chain and name have been verified.
///
/// Sendable because it is confined to the loop of the stream below.
public final class TLSStream: ByteStream, @unchecked Sendable {
    private let stream: Stream
    private let context: TLSContext
    private let ssl: OpaquePointer
    /// Encrypted bytes for OpenSSL to read, and those it has written. Owned by `ssl`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let wire = ByteBuffer()
    private let sessionKey: String
    private var isClosed = false
    /// After a fatal error nothing may be asked of OpenSSL any more, not even a farewell.
    private var hasFailed = false

    public var loop: EventLoop { stream.loop }
    public var peer: SocketAddress { stream.peer }

    // MARK: Opening

    /// Makes a client's handshake over a connected stream, which is closed if it fails.
    /// - Parameters:
    ///   - host: the name or address that the certificate must be for.
    ///   - alpn: offer http/1.1 by ALPN.
    /// - Throws: `IOError`: `.tls` with the reason, `.timeout`, or the stream's.
    public static func client(
        over stream: Stream, host: String, context: TLSContext, alpn: Bool = true, timeoutNanoseconds: UInt64
    ) async throws(IOError) -> TLSStream {
        let tls = try TLSStream(stream, context, sessionKey: "\(host) \(stream.peer.port)")
        SSL_set_connect_state(tls.ssl)
        let named: Bool
        if SocketAddress(literal: host, port: 0) != nil {
            named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.ssl), host) == 1
        } else {
            // RFC 6066 §3: the server name is a name, never an address.
            SSL_set_hostflags(tls.ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            named = SSL_set1_host(tls.ssl, host) == 1 && copenssl_set_server_name(tls.ssl, host) == 1
        }
        guard named, !alpn || SSL_set_alpn_protos(tls.ssl, TLSContext.http11, UInt32(TLSContext.http11.count)) == 0 else {
            tls.close()
            throw IOError(.tls, detail: "\(host) can't be verified")
        }
        if let session = context.takeSession(for: tls.sessionKey) { SSL_set_session(tls.ssl, session.pointer) }
        try await tls.handshake(timeoutNanoseconds)
        return tls
    }

    /// Makes a server's handshake over an accepted stream, which is closed if it fails.
    public static func server(over stream: Stream, context: TLSContext, timeoutNanoseconds: UInt64) async throws(IOError) -> TLSStream {
        let tls = try TLSStream(stream, context, sessionKey: "")
        SSL_set_accept_state(tls.ssl)
        try await tls.handshake(timeoutNanoseconds)
        return tls
    }

    private init(_ stream: Stream, _ context: TLSContext, sessionKey: String) throws(IOError) {
        guard let ssl = SSL_new(context.pointer), let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            stream.close()
            throw IOError(.tls, detail: TLSContext.reason())
        }
        self.stream = stream
        self.context = context
        self.sessionKey = sessionKey
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { SSL_free(ssl) }

    private func handshake(_ timeout: UInt64) async throws(IOError) {
        let timer = loop.schedule(afterNanoseconds: timeout) { [stream] in
            stream.interruptRead(.timeout)
            stream.interruptWrite(.timeout)
        }
        defer { timer.cancel() }
        do throws(IOError) {
            while true {
                ERR_clear_error()
                let status = SSL_do_handshake(ssl)
                moveOutgoing()
                if status == 1 { return try await stream.flush() }
                guard SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ else { throw failure() }
                try await stream.flush()
                if try await receive() == 0 { throw IOError(.tls, detail: "closed during the handshake") }
            }
        } catch {
            close()
            throw error
        }
    }

    /// What the handshake agreed on, such as `TLSv1.3`.
    public var version: String { String(cString: SSL_get_version(ssl)) }
    /// Whether an earlier session was taken up again.
    public var isResumed: Bool { SSL_session_reused(ssl) == 1 }
    /// The protocol chosen by ALPN, empty when none was.
    public var applicationProtocol: String {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self) } ?? ""
    }

    /// Called by OpenSSL while it reads a session ticket.
    func remember(_ session: OpaquePointer) { context.remember(session, for: sessionKey) }

    // MARK: Reading

    public func read(into buffer: ByteBuffer) async throws(IOError) -> Int {
        loop.preconditionOnLoop()
        while true {
            if isClosed { throw .closed }
            if hasFailed { throw IOError(.tls, detail: "the stream has failed") }
            // Only bytes that are here are worth a block of memory.
            if copenssl_pending(incoming) > 0 || SSL_has_pending(ssl) == 1 {
                let space = buffer.writable(minimum: 2048)
                ERR_clear_error()
                let count = SSL_read(ssl, space.baseAddress, Int32(clamping: space.count))
                if count > 0 {
                    buffer.commit(Int(count))
                    moveOutgoing()
                    return Int(count)
                }
                switch SSL_get_error(ssl, count) {
                case SSL_ERROR_WANT_READ: break
                case SSL_ERROR_ZERO_RETURN: return 0
                default: throw failure()
                }
                moveOutgoing()
                buffer.releaseIfEmpty()
            }
            // RFC 8446 §6.1: an end without close_notify may be an attacker's; it is never an orderly one.
            if try await receive() == 0 { throw IOError(.reset, detail: "cut without close_notify") }
        }
    }

    private func receive() async throws(IOError) -> Int {
        let count = try await stream.read(into: wire)
        if isClosed { throw .closed }
        let bytes = wire.readable
        let taken = BIO_write(incoming, bytes.baseAddress, Int32(clamping: bytes.count))
        guard Int(taken) == bytes.count else { throw IOError(.tls, detail: "out of memory") }
        wire.clear()
        wire.releaseIfEmpty()
        return count
    }

    public var mayHaveInput: Bool {
        isClosed || hasFailed || stream.mayHaveInput || copenssl_pending(incoming) > 0 || SSL_has_pending(ssl) == 1
    }

    public func interruptRead(_ error: IOError) { stream.interruptRead(error) }

    // MARK: Writing

    public func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { encrypt($0) }
    }

    public func write(from buffer: ByteBuffer) async throws(IOError) {
        while !buffer.isEmpty {
            if isClosed { throw .closed }
            let piece = UnsafeRawBufferPointer(rebasing: buffer.readable.prefix(64 * 1024))
            encrypt(piece)
            buffer.consume(piece.count)
            try await flush()
        }
    }

    private func encrypt(_ bytes: UnsafeRawBufferPointer) {
        loop.preconditionOnLoop()
        var rest = bytes
        while !rest.isEmpty, !isClosed, !hasFailed {
            ERR_clear_error()
            // Memory takes everything, so a write never has to wait.
            let count = SSL_write(ssl, rest.baseAddress, Int32(clamping: rest.count))
            guard count > 0 else {
                hasFailed = true
                break
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(count)))
        }
        moveOutgoing()
    }

    public func flush() async throws(IOError) {
        if isClosed { throw .closed }
        if hasFailed { throw IOError(.tls, detail: "the stream has failed") }
        try await stream.flush()
    }

    public var queuedBytes: Int { stream.queuedBytes }

    public func interruptWrite(_ error: IOError) { stream.interruptWrite(error) }

    /// Hands what OpenSSL has written to the stream below.
    private func moveOutgoing() {
        let count = Int(copenssl_pending(outgoing))
        if count == 0 || isClosed { return }
        stream.write(
            [UInt8](unsafeUninitializedCapacity: count) { target, used in
                used = max(0, Int(BIO_read(outgoing, target.baseAddress, Int32(count))))
            })
    }

    // MARK: Ending

    public func finishWriting() {
        sayGoodbye()
        stream.finishWriting()
    }

    public func close() {
        loop.preconditionOnLoop()
        if isClosed { return }
        sayGoodbye()
        isClosed = true
        stream.close()
    }

    public func reset() {
        loop.preconditionOnLoop()
        isClosed = true
        stream.reset()
    }

    /// Sends close_notify, or the alert that explains a failure, if the kernel takes it at once.
    private func sayGoodbye() {
        if isClosed { return }
        if !hasFailed, SSL_is_init_finished(ssl) == 1 {
            ERR_clear_error()
            SSL_shutdown(ssl)
        }
        moveOutgoing()
        _ = stream.sendNow()
    }

    private func failure() -> IOError {
        hasFailed = true
        let verdict = SSL_get_verify_result(ssl)
        let reason = TLSContext.reason()
        if verdict != Int(X509_V_OK) { return IOError(.tls, detail: String(cString: X509_verify_cert_error_string(verdict))) }
        return IOError(.tls, detail: reason)
    }
}
