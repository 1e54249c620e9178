// Request ids and W3C trace context: accept what is sane from outside, make the rest, never echo anything that could break a header or a
// log.

import TiketiNet

/// The `X-Request-Id` of a request: 8 to 128 harmless characters from outside, or 15 of our own.
internal enum RequestID {
    private static let alphabet: [UInt8] = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_".utf8)

    /// 90 random bits in 15 characters: what a String holds without an allocation.
    static func make() -> String {
        var bits = SecureRandom.next()
        var more = SecureRandom.next()
        return String(unsafeUninitializedCapacity: 15) { text in
            for index in 0..<15 {
                text[index] = alphabet[Int(bits & 63)]
                bits >>= 6
                if index == 9 {
                    bits = more
                    more = 0
                }
            }
            return 15
        }
    }

    /// The incoming id when it is 8 to 128 characters from letters, digits and `-_.:`.
    static func accepted(from headers: HTTPHeaders) -> String? {
        // A subscript, not `withValue`: a generic call across modules costs more than this whole function.
        guard let id = headers["X-Request-Id"], (8...128).contains(id.utf8.count), id.utf8.allSatisfy(isPlain) else { return nil }
        return id
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"): true
        default: false
        }
    }
}

internal enum TraceParent {
    /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, ids not all zero; version `ff` is invalid (W3C Trace Context §3.2).
    static func accepted(from headers: HTTPHeaders) -> String? {
        guard let text = headers["traceparent"] else { return nil }
        let value = text.utf8.span
        guard value.count == 55, value[2] == UInt8(ascii: "-"), value[35] == UInt8(ascii: "-"), value[52] == UInt8(ascii: "-") else {
            return nil
        }
        var traceBits: UInt8 = 0
        var parentBits: UInt8 = 0
        for index in 0..<55 where index != 2 && index != 35 && index != 52 {
            switch value[index] {
            case UInt8(ascii: "0"): continue
            case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                if (3..<35).contains(index) { traceBits = 1 }
                if (36..<52).contains(index) { parentBits = 1 }
            default: return nil
            }
        }
        guard traceBits == 1, parentBits == 1 else { return nil }
        guard !(value[0] == UInt8(ascii: "f") && value[1] == UInt8(ascii: "f")) else { return nil }
        return text
    }

    /// A new trace, for work that begins here: made for every request at the edge, so in one allocation.
    static func make() -> String {
        let words = (SecureRandom.next(), SecureRandom.next(), SecureRandom.next())
        return String(unsafeUninitializedCapacity: 55) { text in
            var at = 0
            func put(_ byte: UInt8) {
                text[at] = byte
                at += 1
            }
            func put(hex word: UInt64) {
                // All zero is invalid.
                let word = word == 0 ? 1 : word
                var shift: UInt64 = 64
                while shift > 0 {
                    shift -= 4
                    let digit = UInt8(truncatingIfNeeded: word >> shift) & 15
                    put(digit < 10 ? 48 + digit : 87 + digit)
                }
            }
            put(48)
            put(48)
            put(45)
            put(hex: words.0)
            put(hex: words.1)
            put(45)
            put(hex: words.2)
            put(45)
            put(48)
            put(49)
            return at
        }
    }
}
