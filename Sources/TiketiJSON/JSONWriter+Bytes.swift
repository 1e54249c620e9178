/// The byte level of `JSONWriter`: escaping by RFC 8259 §7 and decimal digits, without a String in between.

extension JSONWriter {
    @inline(__always)
    internal mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Quotes and escapes `text`. Most strings need no escape and are copied whole.
    internal mutating func appendString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if JSONScan.firstSpecial(text.utf8.span, from: 0, stopAtHighBit: false) == text.utf8.count {
            bytes.append(contentsOf: text.utf8)
        } else {
            appendEscaped(text)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0x08: append("\\b")
            case 0x0C: append("\\f")
            case 0..<0x20:
                append("\\u00")
                bytes.append(Self.hexDigit(byte >> 4))
                bytes.append(Self.hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    /// `number / 1000` with three decimals.
    package mutating func value(thousandths number: UInt64) {
        separate()
        let (whole, rest) = number.quotientAndRemainder(dividingBy: 1000)
        appendDecimal(Int64(truncatingIfNeeded: whole))
        bytes.append(UInt8(ascii: "."))
        bytes.append(48 + UInt8(rest / 100))
        bytes.append(48 + UInt8(rest / 10 % 10))
        bytes.append(48 + UInt8(rest % 10))
    }

    /// The path of a request target, cut after `limit` bytes. What is not visible ASCII is shown as `?`.
    package mutating func value(prefix limit: Int, ofPath target: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        let text = target.utf8.span
        var index = 0
        while index < min(text.count, limit), text[index] != UInt8(ascii: "?") {
            let byte = text[index]
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            bytes.append(isPlain ? byte : UInt8(ascii: "?"))
            index &+= 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    internal mutating func appendDecimal(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        if rest < 10 {
            bytes.append(48 + UInt8(rest))
            return
        }
        var digits = 0
        var probe = rest
        while probe > 0 {
            digits += 1
            probe /= 10
        }
        bytes.append(contentsOf: repeatElement(48, count: digits))
        var position = bytes.count - 1
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes[position] = 48 + UInt8(truncatingIfNeeded: digit)
            position -= 1
            rest = quotient
        }
    }
}

/// Looks for the bytes that matter inside a JSON string, eight at a time.
internal enum JSONScan {
    /// The first index at or after `start` that holds a quote, a backslash or a control character (or, when asked, a byte above 0x7F);
    /// the count when there is none.
    @inline(__always)
    static func firstSpecial(_ text: Span<UInt8>, from start: Int, stopAtHighBit: Bool) -> Int {
        let count = text.count
        var index = start
        let raw = text.bytes
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while index &+ 8 <= count {
            let word = raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            // A zero byte borrows into its high bit; the borrow may also mark the byte after a real hit, never one before it.
            var marks = (quote &- ones) & ~quote
            marks |= (slash &- ones) & ~slash
            marks |= (word &- (ones &* 0x20)) & ~word
            if stopAtHighBit { marks |= word }
            marks &= highs
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = text[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || (stopAtHighBit && byte >= 0x80) { return index }
            index &+= 1
        }
        return count
    }
}
