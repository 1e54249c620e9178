// RFC 9562 identifiers as two machine words: no allocation, and ordering equal to the ordering of their text.

/// A universally unique identifier (RFC 9562). New ones are version 4 (random).
public struct UUID: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// From two words in network order, taken as they are: neither version nor variant is set or checked.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new random identifier (version 4, variant 1).
    public init() {
        high = SecureRandom.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        low = SecureRandom.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// Reads the 36-character form in either case; nil for anything else.
    public init?(_ text: String) {
        var text = text
        guard let parsed = text.withUTF8({ UUID(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = parsed
    }

    /// Reads the 36-character form in either case; nil for anything else.
    init?(_ text: some StringProtocol) {
        self.init(String(text))
    }

    /// Reads the 36-byte text form; nil for anything else.
    public init?(utf8: UnsafeRawBufferPointer) {
        guard utf8.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Hex.value(of: byte) else { return nil }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
            digits += 1
        }
        self.init(high: words.0, low: words.1)
    }

    /// Reads sixteen bytes in network order; nil when there are not exactly sixteen.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// Writes the 36 lower-case characters into `target`, which must hold at least 36 bytes.
    func write(into target: UnsafeMutableRawBufferPointer) {
        var position = 0
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                target[position] = UInt8(ascii: "-")
                position += 1
            }
            let word = digit < 16 ? high : low
            target[position] = Hex.lowercaseDigit(UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit & 15)) & 15))
            position += 1
        }
    }

    /// The lower-case 36-character form.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            write(into: UnsafeMutableRawBufferPointer(buffer))
            return 36
        }
    }

    public static func < (left: UUID, right: UUID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
