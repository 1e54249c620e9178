// Numbers of a JSON text (RFC 8259 §6): no leading zeros, no plus, digits on both sides of a point.

extension JSONTokenizer {
    /// A number as it stands in the text.
    struct Number {
        let start: Int
        let end: Int
        /// Neither a fraction nor an exponent.
        let isWhole: Bool
        /// The digits before them, as long as there are at most 18, which can't overflow.
        let magnitude: UInt64?

        /// The value, when it is whole and of at most 18 digits.
        func small(_ text: Span<UInt8>) -> Int64? {
            guard isWhole, let magnitude else { return nil }
            return text[start] == UInt8(ascii: "-") ? 0 &- Int64(truncatingIfNeeded: magnitude) : Int64(truncatingIfNeeded: magnitude)
        }

        /// Its characters. They are ASCII.
        func text(_ text: Span<UInt8>) -> String {
            var characters: [UInt8] = []
            characters.reserveCapacity(end - start)
            for index in start..<end { characters.append(text[index]) }
            return String(decoding: characters, as: UTF8.self)
        }
    }

    /// The number that begins at the next byte, or `invalidNumber`.
    mutating func number(_ text: Span<UInt8>) throws(JSONError) -> Number {
        let start = index
        if text[index] == UInt8(ascii: "-") { index &+= 1 }
        var magnitude: UInt64 = 0
        let first = index
        if try peek(text) == UInt8(ascii: "0") {
            index &+= 1
            if index < text.count, text[index] &- 48 < 10 { throw JSONError(.invalidNumber, at: start) }
        } else {
            while index < text.count, case let digit = text[index] &- 48, digit < 10 {
                magnitude = magnitude &* 10 &+ UInt64(digit)
                index &+= 1
            }
            if index == first { throw JSONError(.invalidNumber, at: start) }
        }
        let digits = index &- first
        var isWhole = true
        if index < text.count, text[index] == UInt8(ascii: ".") {
            isWhole = false
            index &+= 1
            try skipDigits(text)
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index &+= 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index &+= 1 }
            try skipDigits(text)
        }
        if index &- start > numberLength { throw JSONError(.numberTooLong, at: start) }
        return Number(start: start, end: index, isWhole: isWhole, magnitude: digits <= 18 ? magnitude : nil)
    }

    private mutating func skipDigits(_ text: Span<UInt8>) throws(JSONError) {
        let first = index
        while index < text.count, text[index] &- 48 < 10 { index &+= 1 }
        if index == first { throw JSONError(index < text.count ? .invalidNumber : .unexpectedEnd, at: index) }
    }
}
