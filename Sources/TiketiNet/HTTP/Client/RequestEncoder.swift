// The client's counterpart of the response encoder.

/// Builds a request head, and a small body behind it, in one array that leaves in one write.
///
/// Framing belongs to the encoder alone, so no request can be framed in two ways, and nothing in a method, target or field can end a line.
enum RequestEncoder {
    /// Bodies up to this size are copied behind the head: one buffer is cheaper than one more vector.
    static let inlineBody = 8192

    static func encode(_ request: HTTPClientRequest) throws(HTTPClientError) -> [UInt8] {
        let method = request.method.rawValue
        let target = request.url.target
        guard withUTF8(of: method, HTTPHeaders.isToken), withUTF8(of: target, isTarget) else {
            throw HTTPClientError(.invalidRequest, "method or target can't be sent", requestSent: false)
        }
        var inline: [UInt8] = []
        if case .bytes(let bytes) = request.body, bytes.count <= inlineBody { inline = bytes }
        let authority = request.headers.contains("host") ? nil : request.url.authority
        if let authority, !authority.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) {
            throw HTTPClientError(.invalidRequest, "host can't be sent", requestSent: false)
        }
        let bound =
            128 + method.utf8.count + target.utf8.count + request.headers.storage.count + (authority?.utf8.count ?? 0) + inline.count
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
            var out = RawWriter(buffer)
            withUTF8(of: method) { out.put($0) }
            out.put(Byte.space)
            withUTF8(of: target) { out.put($0) }
            out.put(" HTTP/1.1\r\n")
            if let authority {
                out.put("Host: ")
                withUTF8(of: authority) { out.put($0) }
                out.put("\r\n")
            }
            request.headers.forEachField { name, value in
                if !isFraming(name, upgrade: request.wantsUpgrade) { out.field(name, value) }
            }
            framing(request, &out)
            out.put("\r\n")
            inline.withUnsafeBytes { out.put($0) }
            used = out.count
        }
    }

    private static func framing(_ request: HTTPClientRequest, _ out: inout RawWriter) {
        let length: Int
        switch request.body {
        case .none:
            // RFC 9110 §8.6: a method that usually has content says that there is none.
            guard request.method == .post || request.method == .put || request.method == .patch else { return }
            length = 0
        case .bytes(let bytes): length = bytes.count
        case .stream(.some(let known), _): length = max(0, known)
        case .stream(nil, _): return out.put("Transfer-Encoding: chunked\r\n")
        }
        out.put("Content-Length: ")
        out.decimal(length)
        out.put("\r\n")
    }

    /// Fields of this hop only; Expect is answered by our own server already.
    @inline(__always)
    private static func isFraming(_ name: UnsafeRawBufferPointer, upgrade: Bool) -> Bool {
        switch name.count {
        case 6: HTTPHeaders.equal(name, "expect")
        case 7: !upgrade && HTTPHeaders.equal(name, "upgrade")
        case 10: HTTPHeaders.equal(name, "keep-alive") || (!upgrade && HTTPHeaders.equal(name, "connection"))
        case 14: HTTPHeaders.equal(name, "content-length")
        case 16: HTTPHeaders.equal(name, "proxy-connection")
        case 17: HTTPHeaders.equal(name, "transfer-encoding")
        default: false
        }
    }

    private static func isTarget(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.isEmpty { return false }
        for byte in bytes where byte <= 32 || byte == 127 { return false }
        return true
    }
}
