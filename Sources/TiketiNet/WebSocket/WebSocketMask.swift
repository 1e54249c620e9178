// XOR masking (RFC 6455 §5.3), eight bytes at a time; `phase` is the payload offset of the first byte modulo four.

/// Masking is its own inverse: the same call masks and unmasks.
enum WebSocketMask {
    /// Masks or unmasks in place. `key` holds the four key bytes in wire order, first byte lowest.
    static func apply(_ bytes: UnsafeMutableRawBufferPointer, key: UInt32, phase: Int) {
        guard let base = bytes.baseAddress, key != 0 else { return }
        let count = bytes.count
        let rotated = rotate(key, phase)
        let wide = UInt64(rotated) | UInt64(rotated) << 32
        var index = 0
        while index &+ 8 <= count {
            let word = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            base.storeBytes(of: word ^ wide.littleEndian, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        var rest = rotated
        while index < count {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            base.storeBytes(of: byte ^ UInt8(truncatingIfNeeded: rest), toByteOffset: index, as: UInt8.self)
            rest = rest >> 8 | rest << 24
            index &+= 1
        }
    }

    /// The key as seen by a byte run that starts `phase` bytes into the payload.
    private static func rotate(_ key: UInt32, _ phase: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: phase & 3) * 8
        return bits == 0 ? key : key >> bits | key << (32 - bits)
    }
}
