// Gzip files (RFC 1952) from bytes that are at hand, and who takes them.
import CZlib

/// Compression of whole answers.
public enum Gzip {
    /// `bytes` as a gzip file, or nil when that would not be shorter. Takes about 10 ms a megabyte at level 1.
    /// - Parameter level: zlib's, 1 (fast) to 9 (small).
    public static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
        var stream = z_stream()
        // 16 more window bits: with the head and the checksum of a gzip file.
        guard
            deflateInit2_(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
                == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let packed = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                // What does not fit is not shorter.
                count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? output.count - Int(stream.avail_out) : 0
            }
        }
        return packed.isEmpty ? nil : packed
    }

    /// Whether a request's `Accept-Encoding` lists gzip, or `*`, with a weight above zero (RFC 9110 §12.5.3).
    public static func isAccepted(by field: String?) -> Bool {
        guard let field else { return false }
        var any = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let coding = parts.first, coding == "gzip" || coding == "x-gzip" || coding == "*" else { continue }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && part.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
            if coding != "*" { return !isRefused }
            any = !isRefused
        }
        return any
    }
}
