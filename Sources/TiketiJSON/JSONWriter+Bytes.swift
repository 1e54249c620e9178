// The byte level of `JSONWriter`: decimal digits and cut paths, without a String in between.

extension JSONWriter {
    @inline(__always)
    internal mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Quotes and escapes `text`.
    internal mutating func appendString(_ text: String) { JSONText.append(text, to: &bytes) }

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
