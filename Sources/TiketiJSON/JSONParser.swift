/// Reads one JSON text in a single pass (RFC 8259, nothing more); it never reads beyond the span and never recurses past the depth limit.

internal struct JSONParser {
    private let limits: JSONLimits
    private var index = 0
    private var values = 0
    /// Reused for strings with escapes.
    private var scratch: [UInt8] = []

    init(limits: JSONLimits) { self.limits = limits }

    mutating func parse(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        guard text.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
        skipSpace(text)
        let value = try parseValue(text, depth: 0)
        skipSpace(text)
        guard index == text.count else { throw JSONError(.trailingBytes, at: index) }
        return value
    }

    /// RFC 8259 §2: space, tab, line feed and carriage return, no others.
    @inline(__always)
    private mutating func skipSpace(_ text: Span<UInt8>) {
        while index < text.count {
            let byte = text[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            index &+= 1
        }
    }

    private mutating func parseValue(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
        values &+= 1
        guard values <= limits.values else { throw JSONError(.tooManyValues, at: index) }
        switch text[index] {
        case UInt8(ascii: "\""):
            index &+= 1
            return .string(try parseString(text))
        case UInt8(ascii: "{"): return try parseObject(text, depth: depth + 1)
        case UInt8(ascii: "["): return try parseArray(text, depth: depth + 1)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber(text)
        case UInt8(ascii: "t"):
            try expect("true", text)
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false", text)
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null", text)
            return .null
        default: throw JSONError(.unexpectedByte, at: index)
        }
    }

    private mutating func expect(_ word: StaticString, _ text: Span<UInt8>) throws(JSONError) {
        for position in 0..<word.utf8CodeUnitCount {
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
            let wanted = word.withUTF8Buffer { $0[position] }
            guard text[index] == wanted else { throw JSONError(.unexpectedByte, at: index) }
            index &+= 1
        }
    }

    // MARK: Containers

    private mutating func parseArray(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw JSONError(.tooDeep, at: index) }
        index &+= 1
        skipSpace(text)
        var elements: [JSONValue] = []
        if index < text.count, text[index] == UInt8(ascii: "]") {
            index &+= 1
            return .array(elements)
        }
        while true {
            elements.append(try parseValue(text, depth: depth))
            guard try another(text, closing: UInt8(ascii: "]")) else { return .array(elements) }
        }
    }

    private mutating func parseObject(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw JSONError(.tooDeep, at: index) }
        index &+= 1
        skipSpace(text)
        var members: [JSONValue.Member] = []
        if index < text.count, text[index] == UInt8(ascii: "}") {
            index &+= 1
            return .object(members)
        }
        members.reserveCapacity(8)
        // Above a handful of members a set finds duplicates; below it comparing is faster than hashing.
        var seen: Set<String> = []
        while true {
            let start = index
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
            guard text[index] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: index) }
            index &+= 1
            let key = try parseString(text)
            guard members.count < limits.members else { throw JSONError(.tooManyMembers, at: start) }
            if members.count < 16 {
                // String equality is canonical equivalence: stricter than RFC 8259 §8.3, so no two names a lookup could confuse.
                for member in members where member.key == key { throw JSONError(.duplicateKey, at: start) }
            } else {
                if seen.isEmpty { for member in members { seen.insert(member.key) } }
                guard seen.insert(key).inserted else { throw JSONError(.duplicateKey, at: start) }
            }
            skipSpace(text)
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
            guard text[index] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: index) }
            index &+= 1
            skipSpace(text)
            members.append(JSONValue.Member(key, try parseValue(text, depth: depth)))
            guard try another(text, closing: UInt8(ascii: "}")) else { return .object(members) }
        }
    }

    /// Steps over a comma (true) or the closing byte (false).
    @inline(__always)
    private mutating func another(_ text: Span<UInt8>, closing: UInt8) throws(JSONError) -> Bool {
        skipSpace(text)
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
        let byte = text[index]
        if byte == closing {
            index &+= 1
            return false
        }
        guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: index) }
        index &+= 1
        skipSpace(text)
        return true
    }

    // MARK: Strings

    /// The cursor stands after the opening quote; afterwards, after the closing one.
    private mutating func parseString(_ text: Span<UInt8>) throws(JSONError) -> String {
        let start = index
        let end = JSONScan.firstSpecial(text, from: start, stopAtHighBit: false)
        guard end < text.count else { throw JSONError(.unexpectedEnd, at: end) }
        if text[end] == UInt8(ascii: "\"") {
            index = end &+ 1
            return try Self.string(text.extracting(start..<end), at: start)
        }
        return try parseEscapedString(text, from: start)
    }

    private static func string(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw JSONError(.invalidUTF8, at: offset + error.byteOffsets.lowerBound)
        }
    }

    private mutating func parseEscapedString(_ text: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        scratch.removeAll(keepingCapacity: true)
        index = start
        while true {
            let end = JSONScan.firstSpecial(text, from: index, stopAtHighBit: false)
            guard end < text.count else { throw JSONError(.unexpectedEnd, at: end) }
            while index < end {
                scratch.append(text[index])
                index &+= 1
            }
            switch text[end] {
            case UInt8(ascii: "\""):
                index = end &+ 1
                return try Self.string(scratch.span, at: start)
            case UInt8(ascii: "\\"):
                index = end &+ 1
                try parseEscape(text)
            default: throw JSONError(.controlCharacter, at: end)
            }
        }
    }

    private mutating func parseEscape(_ text: Span<UInt8>) throws(JSONError) {
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
        let at = index
        index &+= 1
        switch text[at] {
        case UInt8(ascii: "\""): scratch.append(0x22)
        case UInt8(ascii: "\\"): scratch.append(0x5C)
        case UInt8(ascii: "/"): scratch.append(0x2F)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try parseHex(text)
            if scalar & 0xF800 == 0xD800 {
                // RFC 8259 §8.2 leaves half a pair open; a String cannot hold one, so it is refused.
                guard scalar < 0xDC00, index &+ 1 < text.count, text[index] == UInt8(ascii: "\\"), text[index &+ 1] == UInt8(ascii: "u")
                else {
                    throw JSONError(.loneSurrogate, at: at)
                }
                index &+= 2
                let low = try parseHex(text)
                guard low & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: at) }
                scalar = 0x10000 + ((scalar & 0x3FF) << 10) + (low & 0x3FF)
            }
            appendScalar(scalar)
        default: throw JSONError(.invalidEscape, at: at)
        }
    }

    private mutating func parseHex(_ text: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
            let byte = text[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - 48
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - 87
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - 55
            default: throw JSONError(.invalidEscape, at: index)
            }
            value = value << 4 | UInt32(digit)
            index &+= 1
        }
        return value
    }

    private mutating func appendScalar(_ scalar: UInt32) {
        switch scalar {
        case 0..<0x80: scratch.append(UInt8(scalar))
        case 0x80..<0x800:
            scratch.append(UInt8(0xC0 | scalar >> 6))
            scratch.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            scratch.append(UInt8(0xE0 | scalar >> 12))
            scratch.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            scratch.append(UInt8(0x80 | scalar & 0x3F))
        default:
            scratch.append(UInt8(0xF0 | scalar >> 18))
            scratch.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            scratch.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            scratch.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    // MARK: Numbers

    /// RFC 8259 §6: no leading zeros, no plus, digits on both sides of a point.
    private mutating func parseNumber(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = index
        let negative = text[index] == UInt8(ascii: "-")
        if negative { index &+= 1 }
        var magnitude: UInt64 = 0
        var fits = true
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
        if text[index] == UInt8(ascii: "0") {
            index &+= 1
        } else {
            let first = index
            while index < text.count, case let digit = text[index] &- 48, digit < 10 {
                let (product, over) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, more) = product.addingReportingOverflow(UInt64(digit))
                if over || more { fits = false }
                magnitude = sum
                index &+= 1
                if index &- start > limits.numberLength { throw JSONError(.numberTooLong, at: start) }
            }
            if index == first { throw JSONError(.invalidNumber, at: start) }
        }
        var whole = true
        if index < text.count, text[index] == UInt8(ascii: ".") {
            whole = false
            index &+= 1
            try skipDigits(text, from: start)
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            whole = false
            index &+= 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index &+= 1 }
            try skipDigits(text, from: start)
        }
        if whole, index < text.count, text[index] &- 48 < 10 { throw JSONError(.invalidNumber, at: start) }
        if whole, fits {
            if !negative, magnitude <= UInt64(Int64.max) { return .integer(Int64(magnitude)) }
            if negative, magnitude <= UInt64(Int64.max) + 1 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        guard let number = Double(try Self.string(text.extracting(start..<index), at: start)), number.isFinite else {
            throw JSONError(.invalidNumber, at: start)
        }
        // One form for each number a Double holds exactly: `1e3`, `1000.0` and `1000` are equal.
        if number.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: number) { return .integer(whole) }
        return .number(number)
    }

    private mutating func skipDigits(_ text: Span<UInt8>, from start: Int) throws(JSONError) {
        let first = index
        while index < text.count, text[index] &- 48 < 10 {
            index &+= 1
            if index &- start > limits.numberLength { throw JSONError(.numberTooLong, at: start) }
        }
        if index == first { throw JSONError(index < text.count ? .invalidNumber : .unexpectedEnd, at: index) }
    }
}
