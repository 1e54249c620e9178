// MessagePack as notepack (the Socket.IO adapter's library) writes it: shortest integers, other numbers as float64, undefined as extension
// 0.

/// Any MessagePack value.
public enum MessagePackValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// Only for values above Int64.max; smaller ones are `.int`.
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    /// A text with half a surrogate pair, which a String can't hold: UTF-8 in which such a half is three bytes (WTF-8), as JavaScript
    /// writes it.
    case wtf8([UInt8])
    case binary([UInt8])
    case array([MessagePackValue])
    case map([(String, MessagePackValue)])
    case extended(Int8, [UInt8])

    /// Equal when their encoded forms are.
    public static func == (left: MessagePackValue, right: MessagePackValue) -> Bool { left.encoded() == right.encoded() }

    /// The first value of that name; nil when there is none or this is no map.
    public subscript(key: String) -> MessagePackValue? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.0 == key }?.1
    }

    /// The text; half a surrogate pair in it is U+FFFD.
    public var string: String? {
        switch self {
        case .string(let text): text
        case .wtf8(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The elements of an array.
    public var array: [MessagePackValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// A whole number that fits 64 bits.
    public var int: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The strings of an array; other elements are left out.
    public var strings: [String] { array?.compactMap(\.string) ?? [] }
}

extension MessagePackValue {
    /// As MessagePack bytes.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    func append(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(0xC0)
        case .bool(let value): output.append(value ? 0xC3 : 0xC2)
        case .int(let value): Self.append(value, to: &output)
        case .unsigned(let value): Self.append(0xCF, value, 8, to: &output)
        case .double(let value): Self.append(0xCB, value.bitPattern, 8, to: &output)
        case .string(let text):
            Self.appendTextLength(text.utf8.count, to: &output)
            output.append(contentsOf: text.utf8)
        case .wtf8(let bytes):
            Self.appendTextLength(bytes.count, to: &output)
            output.append(contentsOf: bytes)
        case .binary(let bytes):
            switch bytes.count {
            case ..<0x100: Self.append(0xC4, UInt64(bytes.count), 1, to: &output)
            case ..<0x1_0000: Self.append(0xC5, UInt64(bytes.count), 2, to: &output)
            default: Self.append(0xC6, UInt64(bytes.count), 4, to: &output)
            }
            output.append(contentsOf: bytes)
        case .array(let values):
            Self.appendCount(values.count, 0x90, 0xDC, to: &output)
            for value in values { value.append(to: &output) }
        case .map(let pairs):
            Self.appendCount(pairs.count, 0x80, 0xDE, to: &output)
            for (key, value) in pairs {
                MessagePackValue.string(key).append(to: &output)
                value.append(to: &output)
            }
        case .extended(let type, let bytes):
            switch bytes.count {
            case 1: output.append(0xD4)
            case 2: output.append(0xD5)
            case 4: output.append(0xD6)
            case 8: output.append(0xD7)
            case 16: output.append(0xD8)
            case ..<0x100: Self.append(0xC7, UInt64(bytes.count), 1, to: &output)
            case ..<0x1_0000: Self.append(0xC8, UInt64(bytes.count), 2, to: &output)
            default: Self.append(0xC9, UInt64(bytes.count), 4, to: &output)
            }
            output.append(UInt8(bitPattern: type))
            output.append(contentsOf: bytes)
        }
    }

    private static func append(_ value: Int64, to output: inout [UInt8]) {
        switch value {
        case 0..<128: output.append(UInt8(value))
        case 128..<0x100: append(0xCC, UInt64(value), 1, to: &output)
        case 0x100..<0x1_0000: append(0xCD, UInt64(value), 2, to: &output)
        case 0x1_0000..<0x1_0000_0000: append(0xCE, UInt64(value), 4, to: &output)
        case 0x1_0000_0000...: append(0xCF, UInt64(value), 8, to: &output)
        case -32..<0: output.append(UInt8(truncatingIfNeeded: value))
        case -128..<(-32): append(0xD0, UInt64(bitPattern: value), 1, to: &output)
        case -0x8000..<(-128): append(0xD1, UInt64(bitPattern: value), 2, to: &output)
        case -0x8000_0000..<(-0x8000): append(0xD2, UInt64(bitPattern: value), 4, to: &output)
        default: append(0xD3, UInt64(bitPattern: value), 8, to: &output)
        }
    }

    private static func append(_ tag: UInt8, _ value: UInt64, _ width: Int, to output: inout [UInt8]) {
        output.append(tag)
        for index in stride(from: width - 1, through: 0, by: -1) { output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    private static func appendTextLength(_ count: Int, to output: inout [UInt8]) {
        switch count {
        case ..<32: output.append(0xA0 | UInt8(count))
        case ..<0x100: append(0xD9, UInt64(count), 1, to: &output)
        case ..<0x1_0000: append(0xDA, UInt64(count), 2, to: &output)
        default: append(0xDB, UInt64(count), 4, to: &output)
        }
    }

    private static func appendCount(_ count: Int, _ short: UInt8, _ long: UInt8, to output: inout [UInt8]) {
        switch count {
        case ..<16: output.append(short | UInt8(count))
        case ..<0x1_0000: append(long, UInt64(count), 2, to: &output)
        default: append(long + 1, UInt64(count), 4, to: &output)
        }
    }
}

extension MessagePackValue {
    /// A text from bytes that should be UTF-8: halves of surrogate pairs are kept, anything else that is wrong becomes U+FFFD.
    init(wtf8 text: Span<UInt8>) {
        if let valid = try? UTF8Span(validating: text) {
            self = .string(String(copying: valid))
        } else {
            let bytes = text.withUnsafeBufferPointer { Array($0) }
            self = Self.isWTF8(bytes) ? .wtf8(bytes) : .string(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Whether the bytes are UTF-8 but for halves of surrogate pairs.
    private static func isWTF8(_ bytes: [UInt8]) -> Bool {
        var copy = bytes
        for index in copy.indices.dropLast(2) where copy[index] == 0xED && copy[index + 1] >= 0xA0 && copy[index + 2] & 0xC0 == 0x80 {
            copy.replaceSubrange(index...index + 2, with: [0xEF, 0xBF, 0xBD])
        }
        return (try? UTF8Span(validating: copy.span)) != nil
    }
}
