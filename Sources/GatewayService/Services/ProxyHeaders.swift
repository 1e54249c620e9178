// Which header fields cross the proxy. Fields about one connection stay on it (RFC 9110 7.6.1); fields that say who asks are only ever ours.
import TiketiNet

enum ProxyHeaders {
    /// What the gateway itself says about a request it forwards.
    struct Origin {
        var address: String
        var scheme: String
        var requestID: String
        var traceparent: String
    }

    /// Fields for the upstream. Host and framing are the client's business.
    static func forRequest(_ headers: HTTPHeaders, origin: Origin, upgrade: Bool) -> HTTPHeaders {
        let named = connectionOptions(headers)
        var out = HTTPHeaders(capacity: 1024)
        headers.forEachField { name, value in
            if isRequestOnly(name) { return }
            if let named, named.contains(where: { equal(name, $0) }) { return }
            out.add(name: name, value: value)
        }
        if upgrade {
            out.add("Connection", "Upgrade")
            out.add("Upgrade", "websocket")
        }
        out.add("X-Forwarded-For", origin.address)
        out.add("X-Forwarded-Proto", origin.scheme)
        if let host = headers["host"] { out.add("X-Forwarded-Host", host) }
        out.add("X-Request-Id", origin.requestID)
        out.add("traceparent", origin.traceparent)
        return out
    }

    /// Fields for the client. Length, encoding and date are written by the server's own encoder.
    static func forResponse(_ headers: HTTPHeaders) -> HTTPHeaders {
        let named = connectionOptions(headers)
        var out = HTTPHeaders(capacity: 512)
        headers.forEachField { name, value in
            if isResponseOnly(name) { return }
            if let named, named.contains(where: { equal(name, $0) }) { return }
            out.add(name: name, value: value)
        }
        return out
    }

    /// The names that a Connection field adds to the list, or nil when it adds none.
    private static func connectionOptions(_ headers: HTTPHeaders) -> [[UInt8]]? {
        // Nearly every request has none, or one of the two words that name no field.
        let usual = headers.withValue("connection") { equal($0, "keep-alive") || equal($0, "close") || equal($0, "upgrade") }
        guard let usual, !usual || headers.values("connection").count > 1 else { return nil }
        var options: [[UInt8]] = []
        for line in headers.values("connection") {
            for option in line.utf8.split(separator: UInt8(ascii: ",")) {
                let name = option.filter { $0 != 0x20 && $0 != 0x09 }.map(lower)
                // `Connection: close` is about the connection; nobody may use it to drop what the gateway adds or what carries meaning.
                if name.isEmpty || Self.kept.contains(where: { Array($0.utf8) == name }) { continue }
                options.append(name)
            }
        }
        return options.isEmpty ? nil : options
    }

    private static let kept = [
        "close", "keep-alive", "upgrade", "host", "authorization", "content-type", "content-length", "cookie", "origin",
    ]

    private static func isRequestOnly(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 2: equal(name, "te")
        case 4: equal(name, "host")
        case 6: equal(name, "expect")
        case 7: equal(name, "upgrade") || equal(name, "trailer")
        case 9: equal(name, "forwarded") || equal(name, "x-real-ip")
        case 10: equal(name, "connection") || equal(name, "keep-alive")
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
        case 10: equal(name, "connection") || equal(name, "keep-alive")
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
