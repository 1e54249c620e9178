// Base 64 (RFC 4648 §4 and §5). Decoding is strict: no white space, exact padding, and unused bits must be zero, so that one value has
// one text.

/// Base 64 encoding and decoding.
public enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Standard alphabet with padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encoded(bytes, alphabet: standard, padded: true), as: UTF8.self)
    }

    /// URL-safe alphabet without padding, as JWT uses it (RFC 7515 §2).
    public static func encodeURL(_ bytes: [UInt8]) -> String {
        String(decoding: encoded(bytes, alphabet: urlSafe, padded: false), as: UTF8.self)
    }

    /// Bytes of padded text in the standard alphabet; nil when malformed.
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var digits = Array(text)
        guard digits.count.isMultiple(of: 4) else { return nil }
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        return decoded(digits, sixtyTwo: UInt8(ascii: "+"), sixtyThree: UInt8(ascii: "/"))
    }

    /// Bytes of padded text in the standard alphabet; nil when malformed.
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    /// Bytes of unpadded URL-safe text; nil when malformed.
    public static func decodeURL(_ text: some Sequence<UInt8>) -> [UInt8]? {
        decoded(Array(text), sixtyTwo: UInt8(ascii: "-"), sixtyThree: UInt8(ascii: "_"))
    }

    /// Bytes of unpadded URL-safe text; nil when malformed.
    public static func decodeURL(_ text: String) -> [UInt8]? {
        decodeURL(text.utf8)
    }

    private static func encoded(_ bytes: [UInt8], alphabet: [UInt8], padded: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if left > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if left > 2 { group |= UInt32(bytes[index + 2]) }
            for digit in 0...left { text.append(alphabet[Int(group >> UInt32(18 - 6 * digit) & 63)]) }
            if padded { for _ in left..<3 { text.append(UInt8(ascii: "=")) } }
            index += 3
        }
        return text
    }

    private static func decoded(_ digits: [UInt8], sixtyTwo: UInt8, sixtyThree: UInt8) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case sixtyTwo: value = 62
            case sixtyThree: value = 63
            default: return nil
            }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= 1 << UInt32(bits) - 1
            }
        }
        return group == 0 ? bytes : nil
    }
}
