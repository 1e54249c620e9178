// Which header fields cross the proxy. Fields about one connection stay on it (RFC 9110 7.6.1); fields that say who asks are only ever
// ours.
import TiketiNet

/// The fields of a forwarded message.
enum ProxyHeaders {
    /// What the gateway itself says about a request it forwards.
    struct Origin {
        var address: String
        var scheme: String
        var requestID: String
        var traceparent: String
    }

    /// Fields for the upstream, in one pass. Host and framing are the client's business.
    static func forRequest(_ headers: HTTPHeaders, origin: Origin, upgrade: Bool) -> HTTPHeaders {
        var out = headers
        var host: String?
        var namesFields = false
        out.removeAll { name, value in
            if name.count == 10, equal(name, "connection") {
                if !isUsual(value) { namesFields = true }
                return true
            }
            if name.count == 4, equal(name, "host") {
                host = String(decoding: value, as: UTF8.self)
                return true
            }
            return isRequestOnly(name)
        }
        if namesFields { removeNamed(by: headers, from: &out) }
        if upgrade {
            out.add("Connection", "Upgrade")
            out.add("Upgrade", "websocket")
        }
        out.add("X-Forwarded-For", origin.address)
        out.add("X-Forwarded-Proto", origin.scheme)
        if let host { out.add("X-Forwarded-Host", host) }
        out.add("X-Request-Id", origin.requestID)
        out.add("traceparent", origin.traceparent)
        return out
    }

    /// Fields for the client. Length, encoding and date are written by the server's own encoder.
    static func forResponse(_ headers: HTTPHeaders) -> HTTPHeaders {
        var out = headers
        var namesFields = false
        out.removeAll { name, value in
            if name.count == 10, equal(name, "connection") {
                if !isUsual(value) { namesFields = true }
                return true
            }
            return isResponseOnly(name)
        }
        if namesFields { removeNamed(by: headers, from: &out) }
        return out
    }

    /// The words that name no field, one of which nearly every Connection field is.
    private static func isUsual(_ value: UnsafeRawBufferPointer) -> Bool {
        equal(value, "keep-alive") || equal(value, "close") || equal(value, "upgrade")
    }

    /// Removes the fields that the Connection field names.
    private static func removeNamed(by headers: HTTPHeaders, from out: inout HTTPHeaders) {
        for line in headers.values("connection") {
            for option in line.utf8.split(separator: UInt8(ascii: ",")) {
                let name = option.filter { $0 != 0x20 && $0 != 0x09 }.map(lower)
                // `Connection: close` is about the connection; nobody may use it to drop what carries meaning.
                if name.isEmpty || kept.contains(where: { Array($0.utf8) == name }) { continue }
                out.removeAll { field, _ in equal(field, name) }
            }
        }
    }

    private static let kept = [
        "close", "keep-alive", "upgrade", "host", "authorization", "content-type", "content-length", "cookie", "origin",
    ]

    private static func isRequestOnly(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 2: equal(name, "te")
        case 6: equal(name, "expect")
        case 7: equal(name, "upgrade") || equal(name, "trailer")
        case 9: equal(name, "forwarded") || equal(name, "x-real-ip")
        case 10: equal(name, "keep-alive")
        case 11: equal(name, "traceparent")
        case 12: equal(name, "x-request-id")
        case 14: equal(name, "content-length")
        case 15: equal(name, "x-forwarded-for")
        case 16: equal(name, "proxy-connection") || equal(name, "x-forwarded-host") || equal(name, "x-forwarded-port")
        case 17: equal(name, "transfer-encoding") || equal(name, "x-forwarded-proto")
        case 19: equal(name, "proxy-authorization")
        default: false
        }
    }

    private static func isResponseOnly(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 2: equal(name, "te")
        case 4: equal(name, "date")
        case 7: equal(name, "upgrade") || equal(name, "trailer")
        case 10: equal(name, "keep-alive")
        case 12: equal(name, "x-request-id")
        case 14: equal(name, "content-length")
        case 16: equal(name, "proxy-connection")
        case 17: equal(name, "transfer-encoding")
        case 18: equal(name, "proxy-authenticate")
        default: false
        }
    }

    @inline(__always)
    private static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// `wanted` is in lower case.
    @inline(__always)
    private static func equal(_ name: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
        guard name.count == wanted.utf8CodeUnitCount else { return false }
        for index in 0..<name.count where lower(name[index]) != wanted.utf8Start[index] { return false }
        return true
    }

    private static func equal(_ name: UnsafeRawBufferPointer, _ wanted: [UInt8]) -> Bool {
        guard name.count == wanted.count else { return false }
        for index in 0..<name.count where lower(name[index]) != wanted[index] { return false }
        return true
    }
}
