// TLS settings that many connections share: trusted authorities or own certificate, and the sessions that make reconnecting cheap.
import COpenSSL

/// An OpenSSL context for one side of TLS 1.2 and 1.3.
///
/// Sendable because an SSL_CTX is safe to share once it is set up, and the remembered sessions are behind a lock.
public final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    private let sessions = Locked<[String: [TLSSession]]>([:])

    /// A client's context. Every connection verifies the server's chain and name.
    /// - Parameter caFile: a PEM file of the only authorities to trust; nil takes the system's. Reading them takes milliseconds: do it
    ///   off the loop.
    /// - Throws: `IOError` with code `.tls` when the file can't be used.
    public static func client(caFile: String? = nil) throws(IOError) -> TLSContext {
        let context = try TLSContext(TLS_client_method())
        let loaded =
            caFile.map { SSL_CTX_load_verify_locations(context.pointer, $0, nil) } ?? SSL_CTX_set_default_verify_paths(context.pointer)
        guard loaded == 1 else { throw IOError(.tls, detail: "authorities \(caFile ?? "of the system"): \(TLSContext.reason())") }
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        copenssl_client_sessions(context.pointer)
        SSL_CTX_sess_set_new_cb(context.pointer) { ssl, session in
            guard let ssl, let session, let owner = SSL_get_ex_data(ssl, 0) else { return 0 }
            Unmanaged<TLSStream>.fromOpaque(owner).takeUnretainedValue().remember(session)
            return 1  // the reference is ours now
        }
        return context
    }

    /// A server's context, speaking http/1.1 to whoever asks by ALPN.
    /// - Throws: `IOError` with code `.tls` when certificate and key can't be used.
    public static func server(certificateFile: String, keyFile: String) throws(IOError) -> TLSContext {
        let context = try TLSContext(TLS_server_method())
        guard SSL_CTX_use_certificate_chain_file(context.pointer, certificateFile) == 1,
            SSL_CTX_use_PrivateKey_file(context.pointer, keyFile, SSL_FILETYPE_PEM) == 1, SSL_CTX_check_private_key(context.pointer) == 1
        else { throw IOError(.tls, detail: "certificate or key: \(TLSContext.reason())") }
        SSL_CTX_set_alpn_select_cb(
            context.pointer,
            { _, output, outputLength, input, inputLength, _ in
                // Points into the client's own list, which outlives the call.
                var at = 0
                while let input, at + 9 <= Int(inputLength) {
                    let length = Int(input[at])
                    if length == 8, (0..<8).allSatisfy({ input[at + 1 + $0] == TLSContext.http11[1 + $0] }) {
                        output?.pointee = input + at + 1
                        outputLength?.pointee = 8
                        return SSL_TLSEXT_ERR_OK
                    }
                    at += 1 + length
                }
                return SSL_TLSEXT_ERR_NOACK
            }, nil)
        return context
    }

    private init(_ method: OpaquePointer?) throws(IOError) {
        guard let pointer = SSL_CTX_new(method) else { throw IOError(.tls, detail: TLSContext.reason()) }
        self.pointer = pointer
        _ = copenssl_tls12_at_least(pointer)
        copenssl_release_buffers(pointer)
        copenssl_no_renegotiation(pointer)
    }

    deinit { SSL_CTX_free(pointer) }

    /// ALPN's form of the protocol name (RFC 7301 §3.1).
    static let http11: [UInt8] = [8] + Array("http/1.1".utf8)

    /// The oldest error of this thread's queue as text; empties the queue.
    static func reason() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Sessions

    /// Keeps a few sessions a server; each is offered once only, so that connections can't be linked by it (RFC 8446 §C.4).
    func remember(_ session: OpaquePointer, for key: String) {
        let session = TLSSession(session)
        sessions.withLock { sessions in
            if sessions.count >= 256, sessions[key] == nil { sessions.removeAll() }
            sessions[key, default: []].append(session)
            if sessions[key]!.count > 8 { sessions[key]!.removeFirst() }
        }
    }

    func takeSession(for key: String) -> TLSSession? {
        sessions.withLock { $0[key]?.popLast() }
    }
}

/// A remembered session, released with the object.
///
/// Sendable because a session is only read, and its reference count is atomic.
final class TLSSession: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { SSL_SESSION_free(pointer) }
}
