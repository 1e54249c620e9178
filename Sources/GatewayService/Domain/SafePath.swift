// Whether a request's path means the same to everyone who will read it. What does not is never forwarded and never touches a file.

/// What the gateway makes of a path before any route sees it.
enum SafePath: Equatable {
    /// No percent codes, dot segments, doubled slashes or backslashes: every reader sees the same path.
    case plain
    /// Readers may differ, but it stays outside `/internal`: the decoded, resolved path, for looking up files only.
    case decoded(String)
    /// Leads to `/internal`, or can't be resolved at all. The answer is 404.
    case refused

    /// One pass over the bytes of a target for the common case; everything else takes the slow and careful way.
    static func inspect(_ target: String) -> SafePath {
        var plain = true
        var previous: UInt8 = 0
        var end = 0
        for byte in target.utf8 {
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { break }
            end += 1
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "."): if previous == UInt8(ascii: "/") { plain = false }
            case UInt8(ascii: "%"), UInt8(ascii: "\\"), 0...0x20, 0x7f...0xff: plain = false
            default: break
            }
            previous = byte
        }
        if plain { return isInternal(target) || target.utf8.first != UInt8(ascii: "/") ? .refused : .plain }
        let path = String(target.utf8.prefix(end)) ?? ""
        guard let resolved = resolve(path), !isInternal(resolved) else { return .refused }
        return .decoded(resolved)
    }

    /// The path as the most generous reader might take it (RFC 3986 5.2.4 after decoding), or nil when it climbs above the root or hides a
    /// separator, a zero byte or a second layer of encoding.
    static func resolve(_ path: String) -> String? {
        guard path.utf8.first == UInt8(ascii: "/"), let decoded = decode(path) else { return nil }
        var segments: [Substring] = []
        for segment in decoded.split(separator: "/", omittingEmptySubsequences: true) {
            switch segment {
            case ".": continue
            case "..":
                if segments.popLast() == nil { return nil }
            default: segments.append(segment)
            }
        }
        let trailing = decoded.hasSuffix("/") && !segments.isEmpty
        return "/" + segments.joined(separator: "/") + (trailing ? "/" : "")
    }

    private static func decode(_ path: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.utf8.count)
        var iterator = path.utf8.makeIterator()
        while let byte = iterator.next() {
            var value = byte
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else { return nil }
                value = high << 4 | low
                // An encoded slash, percent sign or backslash means one thing here and another there.
                if value == UInt8(ascii: "/") || value == UInt8(ascii: "%") { return nil }
            }
            if value < 0x20 || value == 0x7f || value == UInt8(ascii: "\\") { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// `/internal` in any case of letters, alone or with more behind it.
    private static func isInternal(_ path: String) -> Bool {
        let word: StaticString = "/internal"
        var index = 0
        for byte in path.utf8 {
            if index == word.utf8CodeUnitCount {
                return byte == UInt8(ascii: "/") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "?")
            }
            if byte | 0x20 != word.utf8Start[index] | 0x20 { return false }
            index += 1
        }
        return index == word.utf8CodeUnitCount
    }
}
