// A compressed piece of a body that can be put together with others without compressing it again (RFC 1951).

enum DeflateError: Error { case outOfMemory }

/// Bytes compressed by themselves: whole deflate blocks that end on a byte and look back at nothing before them.
struct DeflatePart: Sendable {
    var bytes: [UInt8]
    /// CRC-32 and number of the bytes before compression.
    var crc: UInt
    var length: Int
}
