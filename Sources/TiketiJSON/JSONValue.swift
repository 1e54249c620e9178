// A JSON text as a tree of values; only strict RFC 8259 texts within `JSONLimits` ever become one.

/// Any JSON value.
public indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A whole number: one written without fraction or exponent that fits 64 bits, or any that a Double holds exactly.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// The members in the order of the text; names are unique.
    case object([Member])

    /// One name and value of an object.
    public struct Member: Sendable, Equatable {
        /// The name, unescaped.
        public var key: String
        /// What stands behind the colon.
        public var value: JSONValue

        /// A member to write; names within one object must differ, which only reading checks.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Reads exactly one value from the whole of `bytes`.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
        var parser = JSONParser(limits: limits)
        return try parser.parse(bytes.span)
    }

    /// The member named `key`; nil when there is none or this is no object.
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for member in members where member.key == key { return member.value }
        return nil
    }

    /// The element at `index`; nil when out of range or this is no array.
    public subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text; nil for anything but a string.
    public var stringValue: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The truth value; nil for anything but `true` and `false`.
    public var boolValue: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    /// A whole number, also when it was written as `1e3` or `1000.0`.
    public var int64Value: Int64? {
        switch self {
        case .integer(let number): number
        case .number(let number) where number.magnitude <= 9_007_199_254_740_992: Int64(exactly: number)
        default: nil
        }
    }

    /// `int64Value` as an `Int`.
    public var intValue: Int? { int64Value.map { Int($0) } }

    /// Any number; whole ones beyond 2⁵³ are rounded to the nearest Double.
    public var doubleValue: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The elements; nil for anything but an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    /// The members in the order of the text; nil for anything but an object.
    public var objectValue: [Member]? {
        if case .object(let members) = self { return members }
        return nil
    }

    /// This value as JSON text.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.finish()
    }
}

/// What a reader accepts before it gives up; a body is hostile until proven small.
public struct JSONLimits: Sendable {
    /// Containers inside containers.
    var depth: Int
    /// Bytes of the whole text.
    var bytes: Int
    /// Values in the whole text.
    var values: Int
    /// Members of one object.
    var members: Int
    /// Characters of one number.
    var numberLength: Int

    /// The defaults fit request bodies: 32 levels, 16 MiB, half a million values, 10,000 members an object, 64 characters a number.
    public init(depth: Int = 32, bytes: Int = 16 << 20, values: Int = 500_000, members: Int = 10_000, numberLength: Int = 64) {
        self.depth = depth
        self.bytes = bytes
        self.values = values
        self.members = members
        self.numberLength = numberLength
    }

    /// The defaults of the initialiser.
    public static let `default` = JSONLimits()
}

/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong. The last six are limits of ours (``JSONLimits``) and RFC 8259 §4's unique names; the others are no JSON.
    public enum Code: String, Sendable {
        case unexpectedEnd, unexpectedByte, trailingBytes, invalidEscape, loneSurrogate, invalidUTF8, controlCharacter
        case invalidNumber, duplicateKey, tooDeep, tooLarge, tooManyValues, tooManyMembers, numberTooLong
    }

    /// The kind of fault.
    public var code: Code
    /// Byte offset of the trouble.
    var offset: Int

    /// A fault `offset` bytes behind the beginning of the text.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "\(code.words) at byte \(offset)" }
}

extension JSONError.Code {
    /// The code for people, as it stands in a MALFORMED_JSON message.
    var words: String {
        switch self {
        case .unexpectedEnd: "unexpected end"
        case .unexpectedByte: "unexpected character"
        case .trailingBytes: "characters after the value"
        case .invalidEscape: "invalid escape"
        case .loneSurrogate: "half a surrogate pair"
        case .invalidUTF8: "invalid UTF-8"
        case .controlCharacter: "unescaped control character"
        case .invalidNumber: "invalid number"
        case .duplicateKey: "duplicate member name"
        case .tooDeep: "nested too deeply"
        case .tooLarge: "text too long"
        case .tooManyValues: "too many values"
        case .tooManyMembers: "too many members"
        case .numberTooLong: "number too long"
        }
    }
}
