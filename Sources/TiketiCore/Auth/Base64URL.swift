// Base64url without padding as JWS wants it (RFC 7515 §2, appendix C): one text for each byte string, everything else refused.

/// The one coding of JWS and its parts, on bytes.
internal enum Base64URL {
    private static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each character, 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        var index = 0
        while index + 2 < bytes.count {
            let word = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            text.append(alphabet[word >> 18])
            text.append(alphabet[word >> 12 & 63])
            text.append(alphabet[word >> 6 & 63])
            text.append(alphabet[word & 63])
            index += 3
        }
        switch bytes.count - index {
        case 1:
            text.append(alphabet[Int(bytes[index]) >> 2])
            text.append(alphabet[Int(bytes[index]) << 4 & 63])
        case 2:
            let word = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            text.append(alphabet[word >> 10])
            text.append(alphabet[word >> 4 & 63])
            text.append(alphabet[word << 2 & 63])
        default: break
        }
    }

    /// Nil for padding, foreign characters, an impossible length, or bits beyond the last byte that are not zero.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        let table = values.span
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var index = 0
        while index &+ 4 <= text.count {
            let (a, b) = (table[Int(text[index])], table[Int(text[index &+ 1])])
            let (c, d) = (table[Int(text[index &+ 2])], table[Int(text[index &+ 3])])
            guard (a | b | c | d) < 64 else { return nil }
            bytes.append(a << 2 | b >> 4)
            bytes.append(b << 4 | c >> 2)
            bytes.append(c << 6 | d)
            index &+= 4
        }
        if rest >= 2 {
            let (a, b) = (table[Int(text[index])], table[Int(text[index &+ 1])])
            guard (a | b) < 64 else { return nil }
            bytes.append(a << 2 | b >> 4)
            if rest == 2 {
                guard b & 15 == 0 else { return nil }
            } else {
                let c = table[Int(text[index &+ 2])]
                guard c < 64, c & 3 == 0 else { return nil }
                bytes.append(b << 4 | c >> 2)
            }
        }
        return bytes
    }
}
