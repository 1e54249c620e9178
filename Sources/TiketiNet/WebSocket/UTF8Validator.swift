// Incremental UTF-8 check (RFC 3629): state survives between chunks, so a character may be split over fragments.

/// Validates a byte stream as UTF-8. Fails at the first byte that no valid text can continue with.
public struct UTF8Validator: Sendable {
    /// Continuation bytes still missing from the current character.
    private var missing = 0
    /// Allowed range of the next continuation byte (narrower after E0, ED, F0, F4: no overlong forms, surrogates, or beyond U+10FFFF).
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    init() {}

    /// Whether the text so far ends on a character boundary.
    var isComplete: Bool { missing == 0 }

    mutating func reset() { self = UTF8Validator() }

    /// Returns false when `bytes` make the stream invalid; the validator is then of no further use.
    mutating func feed(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { feed($0) }
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = bytes.count
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return true }
        var index = 0
        while index < count {
            if missing == 0 {
                // Eight ASCII bytes at a time: seat messages are nearly all ASCII.
                while index &+ 8 <= count {
                    let word = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    if word & 0x8080_8080_8080_8080 != 0 { break }
                    index &+= 8
                }
                if index == count { return true }
                if !lead(bytes[index]) { return false }
            } else {
                let byte = bytes[index]
                if byte < lower || byte > upper { return false }
                lower = 0x80
                upper = 0xBF
                missing &-= 1
            }
            index &+= 1
        }
        return true
    }

    private mutating func lead(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0:
            missing = 2
            lower = 0xA0
        case 0xED:
            missing = 2
            upper = 0x9F
        case 0xE1...0xEF: missing = 2
        case 0xF0:
            missing = 3
            lower = 0x90
        case 0xF1...0xF3: missing = 3
        case 0xF4:
            missing = 3
            upper = 0x8F
        default: return false
        }
        return true
    }

    /// Whether `bytes` are a whole valid text.
    public static func isValid(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        return validator.feed(bytes.span) && validator.isComplete
    }
}
