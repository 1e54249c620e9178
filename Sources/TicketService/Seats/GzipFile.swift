// A gzip file put together from compressed pieces (RFC 1952).
import CZlib

/// A gzip file made of parts.
struct GzipFile {
    private var bytes: [UInt8]
    private var crc: UInt = 0
    private var length = 0

    init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity + 32)
        // RFC 1952 2.3: magic, deflate, no flags, no time, no hints, Unix.
        bytes += [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    }

    mutating func append(_ part: DeflatePart) {
        bytes += part.bytes
        crc = crc32_combine(crc, part.crc, part.length)
        length += part.length
    }

    consuming func finish() -> [UInt8] {
        // An empty last block, then CRC-32 and length, least significant byte first.
        bytes += [0x03, 0x00]
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: crc >> UInt(shift))) }
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        return bytes
    }

    /// A whole body, compressed; nil when zlib has no memory.
    static func of(_ bytes: [UInt8]) -> [UInt8]? {
        guard let part = Deflater()?.part(bytes) else { return nil }
        var file = GzipFile(capacity: part.bytes.count)
        file.append(part)
        return file.finish()
    }
}
