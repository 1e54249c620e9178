// Percent-encoding of paths and queries (RFC 3986 §2.1) and media type checks, on bytes.

import TiketiNet

/// Decoding for paths, queries and forms; what is broken is refused, never guessed at.
internal enum PercentCoding {
    /// The decoded text; nil for a broken escape or what is not UTF-8 afterwards.
    static func decode(_ text: Span<UInt8>, plusIsSpace: Bool) -> String? {
        var plain = true
        for index in text.indices where text[index] == UInt8(ascii: "%") || (plusIsSpace && text[index] == UInt8(ascii: "+")) {
            plain = false
            break
        }
        if plain {
            do { return String(copying: try UTF8Span(validating: text)) } catch { return nil }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard text.count - index >= 3, let high = nibble(text[index + 1]), let low = nibble(text[index + 2]) else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        default: nil
        }
    }
}

internal enum MediaType {
    /// `application/json` or `application/*+json`, in any case, with any parameters but a charset that is not UTF-8.
    static func isJSON(_ value: String) -> Bool {
        // The common spelling needs no more than a comparison.
        if value == "application/json" { return true }
        let text = value.lowercased()
        let parts = text.split(separator: ";").map { String($0).trimmedASCII }
        guard let type = parts.first else { return false }
        guard type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json")) else { return false }
        for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
            let charset = parameter.dropFirst(8).filter { $0 != "\"" }
            guard charset == "utf-8" || charset == "utf8" || charset == "us-ascii" else { return false }
        }
        return true
    }
}
