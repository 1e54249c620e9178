// What comes before the fields of a request.

/// The first line of a request: method, target and version, separated by exactly one space each (RFC 9112 §3).
struct RequestLine {
    let method: HTTPMethod
    /// Origin form, or `*`.
    let target: String
    let queryMark: Int
    let minorVersion: UInt8
    /// The host an absolute target names.
    let authority: UnsafeRawBufferPointer?

    /// Room that the field made of the authority takes.
    var extraHostBytes: Int { authority.map { HTTPHeaders.prefix + 4 + $0.count } ?? 0 }

    init(_ line: UnsafeRawBufferPointer) throws(RequestRejection) {
        var at = 0
        while at < line.count, HTTPHeaders.isTokenByte(line[at]) { at += 1 }
        if at == 0 || at > 32 || at == line.count || line[at] != Byte.space { throw .badRequestLine }
        method = Self.method(UnsafeRawBufferPointer(rebasing: line[0..<at]))

        let targetStart = at + 1
        at = targetStart
        var mark = -1
        while at < line.count, line[at] != Byte.space {
            let byte = line[at]
            if !Self.isTargetByte(byte) { throw byte < 32 || byte == 127 ? .controlCharacter : .badTarget }
            if byte == 63, mark < 0 { mark = at }
            at += 1
        }
        if at == targetStart || at == line.count { throw .badRequestLine }
        let raw = UnsafeRawBufferPointer(rebasing: line[targetStart..<at])
        minorVersion = try Self.version(UnsafeRawBufferPointer(rebasing: line[(at + 1)...]))

        if raw[0] == 47 {  // "/"
            target = String(decoding: raw, as: UTF8.self)
            queryMark = mark < 0 ? -1 : mark - targetStart
            authority = nil
            // CONNECT takes an authority only (RFC 9112 §3.2.3).
            if method.rawValue == "CONNECT" { throw .badTarget }
        } else if method.rawValue == "CONNECT" {
            throw .unsupportedConnect
        } else if raw.count == 1, raw[0] == 42 {  // "*", OPTIONS only (RFC 9112 §3.2.4)
            if method.rawValue != "OPTIONS" { throw .badTarget }
            target = "*"
            queryMark = -1
            authority = nil
        } else {
            let parts = try Self.absolute(raw, options: method.rawValue == "OPTIONS")
            target = parts.target
            queryMark = parts.mark
            authority = parts.authority
        }
    }

    /// The usual methods without making a String of bytes.
    @inline(__always)
    private static func method(_ bytes: UnsafeRawBufferPointer) -> HTTPMethod {
        switch bytes.count {
        case 3:
            if bytes[0] == 71, bytes[1] == 69, bytes[2] == 84 { return .get }
            if bytes[0] == 80, bytes[1] == 85, bytes[2] == 84 { return .put }
        case 4:
            if bytes[0] == 80, bytes[1] == 79, bytes[2] == 83, bytes[3] == 84 { return .post }
        default: break
        }
        return HTTPMethod(String(decoding: bytes, as: UTF8.self))
    }

    /// Visible ASCII but for the four characters that neither RFC 3986 nor any browser puts into a target: `"`, `#`, `<`, `>`.
    @inline(__always)
    private static func isTargetByte(_ byte: UInt8) -> Bool {
        byte > 32 && byte < 127 && byte != 34 && byte != 35 && byte != 60 && byte != 62
    }

    /// `HTTP/1.1`, `HTTP/1.0`, or a later 1.x, which is read as 1.1 (RFC 9110 §2.5).
    private static func version(_ bytes: UnsafeRawBufferPointer) throws(RequestRejection) -> UInt8 {
        guard bytes.count == 8, bytes[0] == 72, bytes[1] == 84, bytes[2] == 84, bytes[3] == 80, bytes[4] == 47, bytes[6] == 46,
            Byte.isDigit(bytes[5]), Byte.isDigit(bytes[7])
        else { throw .badRequestLine }
        if bytes[5] != 49 { throw .unsupportedVersion }
        return min(bytes[7] - 48, 1)
    }

    /// Splits `http://host[:port][/path][?query]`.
    private static func absolute(
        _ raw: UnsafeRawBufferPointer, options: Bool
    ) throws(RequestRejection) -> (target: String, mark: Int, authority: UnsafeRawBufferPointer) {
        let scheme: Int
        if raw.count > 7, HTTPHeaders.equal(UnsafeRawBufferPointer(rebasing: raw[0..<7]), "http://") {
            scheme = 7
        } else if raw.count > 8, HTTPHeaders.equal(UnsafeRawBufferPointer(rebasing: raw[0..<8]), "https://") {
            scheme = 8
        } else {
            throw .badTarget
        }
        var end = scheme
        while end < raw.count, raw[end] != 47, raw[end] != 63 { end += 1 }
        let authority = UnsafeRawBufferPointer(rebasing: raw[scheme..<end])
        // RFC 9110 §4.2.1 forbids an empty host, §4.2.4 has user information treated as an error (`@` is not valid in an authority here).
        if authority.isEmpty || authority[0] == Byte.colon || !Authority.isValid(authority) { throw .badTarget }
        let rest = UnsafeRawBufferPointer(rebasing: raw[end...])
        var target = String(decoding: rest, as: UTF8.self)
        if rest.isEmpty {
            target = options ? "*" : "/"
        } else if rest[0] == 63 {
            target = "/" + target
        }
        let mark = target.utf8.firstIndex(of: 63).map { target.utf8.distance(from: target.utf8.startIndex, to: $0) } ?? -1
        return (target, mark, authority)
    }
}

/// `host[:port]` as the Host field and absolute targets carry it (RFC 3986 §3.2.2, without user information).
enum Authority {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        if bytes.first == 91 {  // "[" IPv6 or IPvFuture "]"
            at = 1
            while at < bytes.count, Byte.hexValue(bytes[at]) != nil || bytes[at] == Byte.colon || bytes[at] == 46 { at += 1 }
            if at == 1 || at == bytes.count || bytes[at] != 93 { return false }
            at += 1
        } else {
            while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
        }
        if at == bytes.count { return true }
        if bytes[at] != Byte.colon || bytes.count - at > 6 { return false }
        at += 1
        while at < bytes.count {
            if !Byte.isDigit(bytes[at]) { return false }
            at += 1
        }
        return true
    }

    /// Unreserved, `%`, and the sub-delimiters but for the comma, which would let two joined fields pass as one name.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case 45, 46, 95, 126, 37, 33, 36, 38, 39, 40, 41, 42, 43, 59, 61: true
        default: false
        }
    }
}
