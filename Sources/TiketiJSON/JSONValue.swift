/// A JSON text as a tree of values; only strict RFC 8259 texts within `JSONLimits` ever become one.

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
        public var key: String
        public var value: JSONValue

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

    public var isNull: Bool { self == .null }

    public var stringValue: String? {
        if case .string(let text) = self { return text }
        return nil
    }

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

    public var intValue: Int? { int64Value.map { Int($0) } }

    public var doubleValue: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    public var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

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
    public var depth: Int
    /// Bytes of the whole text.
    public var bytes: Int
    /// Values in the whole text.
    public var values: Int
    /// Members of one object.
    public var members: Int
    /// Characters of one number.
    public var numberLength: Int

    public init(depth: Int = 32, bytes: Int = 16 << 20, values: Int = 500_000, members: Int = 10_000, numberLength: Int = 64) {
        self.depth = depth
        self.bytes = bytes
        self.values = values
        self.members = members
        self.numberLength = numberLength
    }

    public static let `default` = JSONLimits()
}

/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unexpectedEnd, unexpectedByte, trailingBytes, invalidEscape, loneSurrogate, invalidUTF8, controlCharacter
        case invalidNumber, duplicateKey, tooDeep, tooLarge, tooManyValues, tooManyMembers, numberTooLong
    }

    public var code: Code
    /// Byte offset of the trouble.
    public var offset: Int

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
