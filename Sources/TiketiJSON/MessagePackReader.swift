// Strict MessagePack reader: one value that fills the input, bounded depth, no allocation larger than the bytes that are there.

/// The bytes are no MessagePack, or nested too deeply.
package struct MessagePackError: Error, Sendable {}

/// Reads a value from its beginning to its end.
package struct MessagePackReader {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    /// A message between hubs wraps the deepest JSON that a client may send.
    private static let maximumDepth = JSONScanner.maximumDepth + 28

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Decodes `bytes` as exactly one value.
    package static func decode(_ bytes: [UInt8]) throws(MessagePackError) -> MessagePackValue {
        var reader = MessagePackReader(bytes)
        let value = try reader.value()
        guard reader.index == bytes.count else { throw MessagePackError() }
        return value
    }

    private mutating func value() throws(MessagePackError) -> MessagePackValue {
        let tag = UInt8(truncatingIfNeeded: try number(1))
        switch tag {
        case 0x00...0x7F: return .int(Int64(tag))
        case 0xE0...0xFF: return .int(Int64(Int8(bitPattern: tag)))
        case 0x80...0x8F: return try map(Int(tag & 15))
        case 0x90...0x9F: return try array(Int(tag & 15))
        case 0xA0...0xBF: return try string(Int(tag & 31))
        case 0xC0: return .null
        case 0xC2: return .bool(false)
        case 0xC3: return .bool(true)
        case 0xC4...0xC6: return .binary(Array(bytes[try take(Int(try number(1 << Int(tag - 0xC4))))]))
        case 0xC7...0xC9: return try extended(Int(try number(1 << Int(tag - 0xC7))), sized: true)
        case 0xCA: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try number(4)))))
        case 0xCB: return .double(Double(bitPattern: try number(8)))
        case 0xCC...0xCF:
            let value = try number(1 << Int(tag - 0xCC))
            return Int64(exactly: value).map { .int($0) } ?? .unsigned(value)
        case 0xD0: return .int(Int64(Int8(truncatingIfNeeded: try number(1))))
        case 0xD1: return .int(Int64(Int16(truncatingIfNeeded: try number(2))))
        case 0xD2: return .int(Int64(Int32(truncatingIfNeeded: try number(4))))
        case 0xD3: return .int(Int64(bitPattern: try number(8)))
        case 0xD4...0xD8: return try extended(1 << Int(tag - 0xD4), sized: false)
        case 0xD9...0xDB: return try string(Int(try number(1 << Int(tag - 0xD9))))
        case 0xDC, 0xDD: return try array(Int(try number(tag == 0xDC ? 2 : 4)))
        case 0xDE, 0xDF: return try map(Int(try number(tag == 0xDE ? 2 : 4)))
        default: throw MessagePackError()
        }
    }

    private mutating func number(_ width: Int) throws(MessagePackError) -> UInt64 {
        guard bytes.count - index >= width else { throw MessagePackError() }
        var value: UInt64 = 0
        for _ in 0..<width {
            value = value << 8 | UInt64(bytes[index])
            index += 1
        }
        return value
    }

    private mutating func take(_ count: Int) throws(MessagePackError) -> Range<Int> {
        guard count <= bytes.count - index else { throw MessagePackError() }
        defer { index += count }
        return index..<index + count
    }

    private mutating func string(_ count: Int) throws(MessagePackError) -> MessagePackValue {
        let range = try take(count)
        return MessagePackValue(wtf8: bytes.span.extracting(range))
    }

    private mutating func array(_ count: Int) throws(MessagePackError) -> MessagePackValue {
        try enter(count)
        var values: [MessagePackValue] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try value()) }
        depth -= 1
        return .array(values)
    }

    private mutating func map(_ count: Int) throws(MessagePackError) -> MessagePackValue {
        try enter(2 * count)
        var pairs: [(String, MessagePackValue)] = []
        pairs.reserveCapacity(count)
        for _ in 0..<count {
            guard let key = try value().string else { throw MessagePackError() }
            pairs.append((key, try value()))
        }
        depth -= 1
        return .map(pairs)
    }

    /// Each element takes at least a byte, so a count beyond the rest of the input is a lie.
    private mutating func enter(_ elements: Int) throws(MessagePackError) {
        depth += 1
        guard elements <= bytes.count - index, depth <= Self.maximumDepth else { throw MessagePackError() }
    }

    /// notepack uses extension 0 for three things: undefined (one byte), Date (fixed eight bytes) and ArrayBuffer (sized).
    private mutating func extended(_ count: Int, sized: Bool) throws(MessagePackError) -> MessagePackValue {
        let type = Int8(truncatingIfNeeded: try number(1))
        let data = Array(bytes[try take(count)])
        guard type == 0 else { return .extended(type, data) }
        if sized { return .binary(data) }
        return count == 1 ? .null : .extended(type, data)
    }
}
