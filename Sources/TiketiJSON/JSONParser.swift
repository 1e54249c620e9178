// Reads one JSON text into a value in a single pass (RFC 8259, nothing more), within limits.

/// Builds values from what `JSONTokenizer` finds: limits, unique names, UTF-8 and the form of numbers are its part.
struct JSONParser {
    private let limits: JSONLimits
    private var tokens: JSONTokenizer
    private var values = 0
    /// Reused for strings with escapes.
    private var scratch: [UInt8] = []

    init(limits: JSONLimits) {
        self.limits = limits
        tokens = JSONTokenizer(maximumDepth: limits.depth, numberLength: limits.numberLength)
    }

    /// The value that is the whole of `text`.
    mutating func parse(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        guard text.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
        tokens.skipSpace(text)
        let value = try parseValue(text)
        try tokens.end(text)
        return value
    }

    private mutating func parseValue(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let first = try tokens.peek(text)
        values &+= 1
        guard values <= limits.values else { throw JSONError(.tooManyValues, at: tokens.index) }
        switch first {
        case UInt8(ascii: "\""): return .string(try string(tokens.string(text), text))
        case UInt8(ascii: "{"): return try parseObject(text)
        case UInt8(ascii: "["): return try parseArray(text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try Self.value(of: tokens.number(text), text)
        case UInt8(ascii: "t"):
            try tokens.word("true", text)
            return .bool(true)
        case UInt8(ascii: "f"):
            try tokens.word("false", text)
            return .bool(false)
        case UInt8(ascii: "n"):
            try tokens.word("null", text)
            return .null
        default: throw JSONError(.unexpectedByte, at: tokens.index)
        }
    }

    private mutating func parseArray(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        guard try tokens.open(text, closing: UInt8(ascii: "]")) else { return .array(elements) }
        repeat { elements.append(try parseValue(text)) } while try tokens.another(text, closing: UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func parseObject(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        guard try tokens.open(text, closing: UInt8(ascii: "}")) else { return .object(members) }
        members.reserveCapacity(8)
        // Above a handful of members a set finds duplicates; below it comparing is faster than hashing.
        var seen: Set<String> = []
        repeat {
            let start = tokens.index
            let key = try string(tokens.name(text), text)
            guard members.count < limits.members else { throw JSONError(.tooManyMembers, at: start) }
            if members.count < 16 {
                // String equality is canonical equivalence: stricter than RFC 8259 §8.3, so no two names a lookup could confuse.
                for member in members where member.key == key { throw JSONError(.duplicateKey, at: start) }
            } else {
                if seen.isEmpty { for member in members { seen.insert(member.key) } }
                guard seen.insert(key).inserted else { throw JSONError(.duplicateKey, at: start) }
            }
            members.append(JSONValue.Member(key, try parseValue(text)))
        } while try tokens.another(text, closing: UInt8(ascii: "}"))
        return .object(members)
    }

    @inline(__always)
    private mutating func string(_ literal: JSONText.Literal, _ text: Span<UInt8>) throws(JSONError) -> String {
        if !literal.hasEscapes { return try Self.string(text.extracting(literal.start..<literal.end), at: literal.start) }
        return try unescaped(literal, text)
    }

    private mutating func unescaped(_ literal: JSONText.Literal, _ text: Span<UInt8>) throws(JSONError) -> String {
        scratch.removeAll(keepingCapacity: true)
        try JSONText.unescape(literal, text, to: &scratch, .refuse)
        return try Self.string(scratch.span, at: literal.start)
    }

    private static func string(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw JSONError(.invalidUTF8, at: offset + error.byteOffsets.lowerBound)
        }
    }

    private static func value(of number: JSONTokenizer.Number, _ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        if let small = number.small(text) { return .integer(small) }
        let characters = number.text(text)
        if number.isWhole, let integer = Int64(characters) { return .integer(integer) }
        guard let double = Double(characters), double.isFinite else { throw JSONError(.invalidNumber, at: number.start) }
        // One form for each number a Double holds exactly: `1e3`, `1000.0` and `1000` are equal.
        if double.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: double) { return .integer(whole) }
        return .number(double)
    }
}
