// zlib, used to compress pieces of bodies one by one.
import CZlib

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
