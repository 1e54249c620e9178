// A validating JSON walker (RFC 8259): finds the elements of an array and Socket.IO placeholders without building values.

/// Looks at JSON text that is known to be UTF-8. Nothing is decoded; callers keep slices of the original bytes.
package struct JSONScanner {
    /// An array's elements, and what stands in them for binary values.
    package struct Elements {
        /// Where each element is.
        package fileprivate(set) var ranges: [Range<Int>] = []
        /// The `num` of every object with `"_placeholder": true`, in order of appearance; -1 where it is no usable number.
        package fileprivate(set) var placeholders: [Int] = []
    }

    /// Deeper nesting is refused (`tooDeep`): it only serves to exhaust a stack, ours or a browser's.
    package static let maximumDepth = 100

    private var tokens: JSONTokenizer
    private var placeholders: [Int] = []

    private init(from index: Int) { tokens = JSONTokenizer(at: index, maximumDepth: Self.maximumDepth) }

    /// Validates one value that reaches from `index` to the end of `bytes`, and returns where it stands.
    package static func value(_ bytes: [UInt8], from index: Int = 0) throws(JSONError) -> Range<Int> {
        let text = bytes.span
        var scanner = JSONScanner(from: index)
        scanner.tokens.skipSpace(text)
        let start = scanner.tokens.index
        try scanner.value(text)
        let end = scanner.tokens.index
        try scanner.tokens.end(text)
        return start..<end
    }

    /// Validates one array that is the whole of `bytes`, and returns what is in it.
    package static func array(_ bytes: [UInt8]) throws(JSONError) -> Elements {
        let text = bytes.span
        var scanner = JSONScanner(from: 0)
        var found = Elements()
        scanner.tokens.skipSpace(text)
        guard try scanner.tokens.peek(text) == UInt8(ascii: "[") else { throw JSONError(.unexpectedByte, at: scanner.tokens.index) }
        if try scanner.tokens.open(text, closing: UInt8(ascii: "]")) {
            repeat {
                let start = scanner.tokens.index
                try scanner.value(text)
                found.ranges.append(start..<scanner.tokens.index)
            } while try scanner.tokens.another(text, closing: UInt8(ascii: "]"))
        }
        try scanner.tokens.end(text)
        found.placeholders = scanner.placeholders
        return found
    }

    /// The text of the string literal at `range`, or nil when it is not a string. Lone surrogates become U+FFFD.
    package static func string(_ bytes: [UInt8], _ range: Range<Int>) -> String? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inner = range.lowerBound + 1..<range.upperBound - 1
        guard bytes[inner].contains(UInt8(ascii: "\\")) else { return String(decoding: bytes[inner], as: UTF8.self) }
        var text: [UInt8] = []
        let literal = JSONText.Literal(start: inner.lowerBound, end: inner.upperBound, hasEscapes: true)
        // Replacing them, it refuses none.
        try? JSONText.unescape(literal, bytes.span, to: &text, .replace)
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func value(_ text: Span<UInt8>) throws(JSONError) {
        switch try tokens.peek(text) {
        case UInt8(ascii: "{"): try object(text)
        case UInt8(ascii: "["):
            guard try tokens.open(text, closing: UInt8(ascii: "]")) else { return }
            repeat { try value(text) } while try tokens.another(text, closing: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): _ = try tokens.string(text)
        case UInt8(ascii: "t"): try tokens.word("true", text)
        case UInt8(ascii: "f"): try tokens.word("false", text)
        case UInt8(ascii: "n"): try tokens.word("null", text)
        default: _ = try tokens.number(text)
        }
    }

    private mutating func object(_ text: Span<UInt8>) throws(JSONError) {
        guard try tokens.open(text, closing: UInt8(ascii: "}")) else { return }
        var isPlaceholder = false
        var number: Int?
        repeat {
            let name = try tokens.name(text)
            let start = tokens.index
            let first = try tokens.peek(text)
            if first == UInt8(ascii: "-") || first &- 48 < 10 {
                let token = try tokens.number(text)
                if Self.matches(name, "num", text) { number = token.small(text).map { Int($0) } }
            } else {
                try value(text)
                if Self.matches(name, "num", text) { number = nil }
            }
            if Self.matches(name, "_placeholder", text) { isPlaceholder = first == UInt8(ascii: "t") && tokens.index - start == 4 }
        } while try tokens.another(text, closing: UInt8(ascii: "}"))
        if isPlaceholder { placeholders.append(number ?? -1) }
    }

    @inline(__always)
    private static func matches(_ name: JSONText.Literal, _ word: StaticString, _ text: Span<UInt8>) -> Bool {
        guard name.end - name.start == word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where text[name.start + offset] != word.utf8Start[offset] { return false }
        return true
    }
}
