// The few ASCII characters that HTTP framing is made of, and searches over raw bytes.
import Glibc

/// ASCII by name, searches, and the value of digits.
enum Byte {
    static var tab: UInt8 { 9 }
    static var lf: UInt8 { 10 }
    static var cr: UInt8 { 13 }
    static var space: UInt8 { 32 }
    static var colon: UInt8 { 58 }

    /// The offset of the first such byte at or after `from`.
    @inline(__always)
    static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        guard from < bytes.count, let base = bytes.baseAddress else { return nil }
        guard let hit = memchr(base + from, Int32(byte), bytes.count - from) else { return nil }
        return UnsafeRawPointer(hit) - base
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// 0 to 15, or nil.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte &- 48 }
        let letter = (byte | 32) &- 97
        return letter < 6 ? letter + 10 : nil
    }
}
