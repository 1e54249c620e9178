// A validating JSON walker (RFC 8259): finds the elements of an array and Socket.IO placeholders without building values.

/// Walks JSON text that is known to be UTF-8. Nothing is decoded; callers keep slices of the original bytes.
package struct JSONScanner {
    package struct Failure: Error {}

    let bytes: [UInt8]
    package private(set) var index: Int
    /// The `num` of every object with `"_placeholder": true`, in order of appearance.
    package private(set) var placeholders: [Int] = []
    private var depth = 0

    /// Deeper nesting is refused: it only serves to exhaust a stack, ours or a browser's.
    private static let maximumDepth = 100

    package init(_ bytes: [UInt8], from index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    /// Validates one value that must reach to the end of the text, and returns its range.
    package mutating func wholeValue() throws(Failure) -> Range<Int> {
        skipSpace()
        let start = index
        try value()
        let end = index
        skipSpace()
        guard index == bytes.count else { throw Failure() }
        return start..<end
    }

    /// Validates one array that must reach to the end of the text, and returns the ranges of its elements.
    package mutating func wholeArray() throws(Failure) -> [Range<Int>] {
        skipSpace()
        let elements = try array()
        skipSpace()
        guard index == bytes.count else { throw Failure() }
        return elements
    }

    /// The text of the string literal at `range`, or nil when it is not a string. Lone surrogates become U+FFFD.
    package static func string(_ bytes: [UInt8], _ range: Range<Int>) -> String? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inner = range.lowerBound + 1..<range.upperBound - 1
        guard bytes[inner].contains(UInt8(ascii: "\\")) else { return String(decoding: bytes[inner], as: UTF8.self) }
        var text: [UInt8] = []
        var at = inner.lowerBound
        while at < inner.upperBound {
            guard bytes[at] == UInt8(ascii: "\\") else {
                text.append(bytes[at])
                at += 1
                continue
            }
            switch bytes[at + 1] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"):
                let (scalar, length) = unicode(bytes, at, inner.upperBound)
                text.append(contentsOf: String(Character(scalar)).utf8)
                at += length
                continue
            case let other: text.append(other)
            }
            at += 2
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unicode(_ bytes: [UInt8], _ at: Int, _ end: Int) -> (Unicode.Scalar, Int) {
        func unit(_ at: Int) -> UInt32 {
            bytes[at + 2..<at + 6].reduce(0) { $0 << 4 | UInt32(hexValue($1) ?? 0) }
        }
        let first = unit(at)
        if (0xD800..<0xDC00).contains(first), at + 12 <= end, bytes[at + 6] == UInt8(ascii: "\\"), bytes[at + 7] == UInt8(ascii: "u") {
            let second = unit(at + 6)
            if (0xDC00..<0xE000).contains(second) {
                return (Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}", 12)
            }
        }
        return (Unicode.Scalar(first) ?? "\u{FFFD}", 6)
    }

    package static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: Grammar

    package mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private func peek() throws(Failure) -> UInt8 {
        guard index < bytes.count else { throw Failure() }
        return bytes[index]
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    package mutating func value() throws(Failure) {
        switch try peek() {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): _ = try array()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func literal(_ word: StaticString) throws(Failure) {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { throw Failure() }
        for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { throw Failure() }
        index += count
    }

    private mutating func number() throws(Failure) {
        _ = take("-")
        switch try peek() {
        case UInt8(ascii: "0"): index += 1
        case UInt8(ascii: "1")...UInt8(ascii: "9"): digits()
        default: throw Failure()
        }
        if take(".") { guard digits() > 0 else { throw Failure() } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw Failure() }
        }
    }

    @discardableResult
    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        return index - start
    }

    private mutating func string() throws(Failure) {
        index += 1
        while true {
            let byte = try peek()
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case 0..<0x20: throw Failure()
            case UInt8(ascii: "\\"):
                let escape = try peek()
                index += 1
                switch escape {
                case UInt8(ascii: "u"):
                    for _ in 0..<4 {
                        guard Self.hexValue(try peek()) != nil else { throw Failure() }
                        index += 1
                    }
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                    UInt8(ascii: "r"), UInt8(ascii: "t"):
                    break
                default: throw Failure()
                }
            default: break
            }
        }
    }

    private mutating func array() throws(Failure) -> [Range<Int>] {
        guard take("[") else { throw Failure() }
        try enter()
        var elements: [Range<Int>] = []
        skipSpace()
        if !take("]") {
            repeat {
                skipSpace()
                let start = index
                try value()
                elements.append(start..<index)
                skipSpace()
            } while take(",")
            guard take("]") else { throw Failure() }
        }
        depth -= 1
        return elements
    }

    private mutating func object() throws(Failure) {
        guard take("{") else { throw Failure() }
        try enter()
        var isPlaceholder = false
        var number: Range<Int>?
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let keyStart = index
                guard try peek() == UInt8(ascii: "\"") else { throw Failure() }
                try string()
                let key = keyStart..<index
                skipSpace()
                guard take(":") else { throw Failure() }
                skipSpace()
                let start = index
                try value()
                if matches(key, "\"_placeholder\"") { isPlaceholder = matches(start..<index, "true") }
                if matches(key, "\"num\"") { number = start..<index }
                skipSpace()
            } while take(",")
            guard take("}") else { throw Failure() }
        }
        depth -= 1
        // A placeholder without a usable number is kept as -1, so that a binary packet with it is refused.
        if isPlaceholder { placeholders.append(number.flatMap { Int(String(decoding: bytes[$0], as: UTF8.self)) } ?? -1) }
    }

    private func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where bytes[range.lowerBound + offset] != word.utf8Start[offset] { return false }
        return true
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        if depth > Self.maximumDepth { throw Failure() }
    }
}
