// Bodies compressed in pieces that can be put together anew without compressing them again (RFC 1951, RFC 1952).
import CZlib

enum DeflateError: Error { case outOfMemory }

/// Bytes compressed by themselves: whole deflate blocks that end on a byte and look back at nothing before them.
struct DeflatePart: Sendable {
    var bytes: [UInt8]
    /// CRC-32 and number of the bytes before compression.
    var crc: UInt
    var length: Int
}

/// Makes parts, one after the other, with one set of zlib's tables.
final class Deflater {
    private var stream = z_stream()

    /// Nil when zlib has no memory.
    init?(level: Int32 = 5) {
        // Negative: no wrapper around the blocks.
        guard
            deflateInit2_(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
    }

    deinit { deflateEnd(&stream) }

    func part(_ input: [UInt8]) -> DeflatePart? {
        deflateReset(&stream)
        let bound = Int(deflateBound(&stream, UInt(input.count))) + 16
        return input.withUnsafeBufferPointer { source -> DeflatePart? in
            var isWhole = false
            let output = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(bound)
                // A sync flush ends on a byte with an empty stored block; the last block is the file's.
                isWhole = deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out > 0
                count = bound - Int(stream.avail_out)
            }
            guard isWhole else { return nil }
            return DeflatePart(bytes: output, crc: crc32(0, source.baseAddress, UInt32(source.count)), length: source.count)
        }
    }
}

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
