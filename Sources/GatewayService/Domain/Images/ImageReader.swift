// An upload as the readers of image formats see it: a position in bytes that lie somewhere else, a window of them in memory.

/// Where an upload's bytes lie: in memory, in a file. Reading may block.
protocol ImageSource {
    var count: Int { get }
    /// The bytes of `range`, which lies within `count`; fewer when they can't be read.
    func bytes(_ range: Range<Int>) -> [UInt8]
}

extension Array: ImageSource where Element == UInt8 {
    func bytes(_ range: Range<Int>) -> [UInt8] { Array(self[range]) }
}

/// Bytes with a position; reading past the end says so instead of trapping.
struct ImageReader {
    private let source: any ImageSource
    private var window: [UInt8] = []
    private var windowStart = 0
    let count: Int
    var position = 0

    private static let windowSize = 32 * 1024

    init(_ source: any ImageSource) {
        self.source = source
        count = source.count
    }

    /// The same bytes from another position.
    init(_ other: ImageReader, at position: Int) {
        self = other
        self.position = position
    }

    var remaining: Int { count - position }

    /// The byte at the position, or `offset` behind it, without going on.
    mutating func peek(_ offset: Int = 0) -> UInt8? {
        let place = position + offset
        if place >= windowStart, place < windowStart + window.count { return window[place - windowStart] }
        guard place >= 0, place < count else { return nil }
        window = source.bytes(place..<min(count, place + Self.windowSize))
        windowStart = place
        return window.first
    }

    mutating func byte() -> UInt8? {
        guard let byte = peek() else { return nil }
        position += 1
        return byte
    }

    /// Goes on without looking; nil when there is not so much left.
    mutating func skip(_ count: Int) -> Void? {
        guard count >= 0, count <= remaining else { return nil }
        position += count
        return ()
    }

    /// The next bytes: few, such as a header.
    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= remaining else { return nil }
        var taken: [UInt8] = []
        taken.reserveCapacity(count)
        for _ in 0..<count {
            guard let byte = byte() else { return nil }
            taken.append(byte)
        }
        return taken
    }

    /// An unsigned number of `count` bytes, the most significant first.
    mutating func big(_ count: Int) -> Int? { take(count)?.reduce(0) { $0 << 8 | Int($1) } }

    /// An unsigned number of `count` bytes, the least significant first.
    mutating func little(_ count: Int) -> Int? { take(count)?.reversed().reduce(0) { $0 << 8 | Int($1) } }
}
