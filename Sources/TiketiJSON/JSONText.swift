// JSON strings (RFC 8259 §7) in both directions: escaping on the way out, and what an escaped literal stands for.

/// The one place that writes and reads the inside of JSON strings.
package enum JSONText {
    // MARK: Writing

    /// Appends `string`, quoted and escaped. Most strings need no escape and are copied whole.
    package static func append(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if firstSpecial(string.utf8.span, from: 0) == string.utf8.count {
            output.append(contentsOf: string.utf8)
        } else {
            for byte in string.utf8 { append(byte, to: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends WTF-8 (UTF-8 in which half a surrogate pair is three bytes) as a string; halves are escaped.
    static func append(wtf8 bytes: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0xED, index + 2 < bytes.count, bytes[index + 1] >= 0xA0 {
                let unit = 0xD000 | UInt16(bytes[index + 1] & 0x3F) << 6 | UInt16(bytes[index + 2] & 0x3F)
                output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
                for shift in [12, 8, 4, 0] { output.append(hexDigit(UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 15)) }
                index += 3
            } else {
                append(bytes[index], to: &output)
                index += 1
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func append(_ byte: UInt8, to output: inout [UInt8]) {
        let short: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0D: short = UInt8(ascii: "r")
        case 0x09: short = UInt8(ascii: "t")
        case 0x08: short = UInt8(ascii: "b")
        case 0x0C: short = UInt8(ascii: "f")
        case 0..<0x20:
            output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u"), 48, 48, hexDigit(byte >> 4), hexDigit(byte & 15)])
            return
        default:
            output.append(byte)
            return
        }
        output.append(UInt8(ascii: "\\"))
        output.append(short)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    // MARK: Reading

    /// Where a string literal stands in its text, without the quotes. Its escapes have the right form.
    struct Literal {
        let start: Int
        let end: Int
        let hasEscapes: Bool
    }

    /// What becomes of half a surrogate pair, which RFC 8259 §8.2 leaves open and a String cannot hold.
    enum LoneSurrogate {
        case refuse
        /// With U+FFFD.
        case replace
        /// As three bytes (WTF-8).
        case keep
    }

    /// Appends what `literal` stands for.
    /// - Throws: `JSONError` (`loneSurrogate`) when such are to be refused.
    static func unescape(
        _ literal: Literal, _ text: Span<UInt8>, to output: inout [UInt8], _ policy: LoneSurrogate
    ) throws(JSONError) {
        var index = literal.start
        while true {
            // The closing quote is special too, so what is plain ends in the literal.
            let plain = min(firstSpecial(text, from: index), literal.end)
            text.extracting(index..<plain).withUnsafeBufferPointer { output.append(contentsOf: $0) }
            guard plain < literal.end else { return }
            index = plain &+ 1
            let escape = text[index]
            index &+= 1
            switch escape {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                let at = index &- 1
                var scalar = unit(text, &index)
                if scalar & 0xF800 == 0xD800 {
                    if let low = lowHalf(scalar, text, &index, literal.end) {
                        scalar = 0x10000 + ((scalar & 0x3FF) << 10) + low
                    } else if policy == .refuse {
                        throw JSONError(.loneSurrogate, at: at)
                    } else if policy == .replace {
                        scalar = 0xFFFD
                    }
                }
                append(scalar: scalar, to: &output)
            default: output.append(escape)
            }
        }
    }

    /// Ten bits of the second half, when one follows the first.
    private static func lowHalf(_ first: UInt32, _ text: Span<UInt8>, _ index: inout Int, _ end: Int) -> UInt32? {
        guard first < 0xDC00, index &+ 6 <= end, text[index] == UInt8(ascii: "\\"), text[index &+ 1] == UInt8(ascii: "u") else {
            return nil
        }
        var next = index &+ 2
        let low = unit(text, &next)
        guard low & 0xFC00 == 0xDC00 else { return nil }
        index = next
        return low & 0x3FF
    }

    /// Four hexadecimal digits, which have been checked.
    private static func unit(_ text: Span<UInt8>, _ index: inout Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            value = value << 4 | UInt32(hexValue(text[index]) ?? 0)
            index &+= 1
        }
        return value
    }

    private static func append(scalar: UInt32, to output: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: output.append(UInt8(scalar))
        case 0x80..<0x800:
            output.append(UInt8(0xC0 | scalar >> 6))
            output.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            output.append(UInt8(0xE0 | scalar >> 12))
            output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            output.append(UInt8(0x80 | scalar & 0x3F))
        default:
            output.append(UInt8(0xF0 | scalar >> 18))
            output.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            output.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        default: nil
        }
    }

    // MARK: Search

    /// The first index at or after `start` that holds a quote, a backslash or a control character; the count when there is none. Looks at
    /// eight bytes at a time.
    @inline(__always)
    static func firstSpecial(_ text: Span<UInt8>, from start: Int) -> Int {
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
            marks &= highs
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = text[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return index }
            index &+= 1
        }
        return count
    }
}
