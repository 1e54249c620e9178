// The first 64 bytes of every cached answer: enough to judge it without fetching the rest. What ticket writes and the gateway reads.
import TiketiNet

/// Three numbers of 20 digits each, a flag and a line end, so that a script compares revisions as text.
public struct SnapshotHeader: Sendable, Equatable {
    /// Bytes before the answer itself.
    public static let length = 64

    /// What a write of the event raises; a cached answer of a lower revision is never served.
    public var revision: Int64
    /// The version that the answer shows, such as that of a seat map.
    public var version: Int64
    /// Unix microseconds on the database's clock when the answer stops being true by itself; 0 when it does not.
    public var validUntil: Int64
    /// False for the tombstone that a write leaves.
    public var isFilled: Bool

    /// A header to write; `isFilled` false makes a tombstone.
    public init(revision: Int64, version: Int64, validUntil: Int64 = 0, isFilled: Bool = true) {
        self.revision = revision
        self.version = version
        self.validUntil = validUntil
        self.isFilled = isFilled
    }

    /// Reads the header at the start of `bytes`.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length, bytes[63] == UInt8(ascii: "\n") else { return nil }
        func number(_ start: Int) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[start..<start + 20] {
                guard (48...57).contains(byte) else { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                value = product + Int64(byte - 48)
            }
            return value
        }
        guard let revision = number(0), let version = number(20), let validUntil = number(40) else { return nil }
        self.init(revision: revision, version: version, validUntil: validUntil, isFilled: bytes[60] == UInt8(ascii: "F"))
    }

    /// The 64 bytes, line end included.
    public var bytes: [UInt8] {
        Array((Self.digits(revision) + Self.digits(version) + Self.digits(validUntil) + (isFilled ? "F" : "E") + "--\n").utf8)
    }

    /// Twenty digits with leading zeros, so that numbers compare as text; negative ones become zero.
    public static func digits(_ number: Int64) -> String {
        let text = String(max(0, number))
        return String(repeating: "0", count: 20 - text.utf8.count) + text
    }
}

extension SnapshotHeader {
    /// The Redis key under which the latest seat map of an event is announced (docs/specification.md §5).
    public static func seatMapKey(_ event: UUID) -> String { "seats:\(event)" }

    /// The entity tag of the seat map with this header, weak because the same map is sent in several encodings. The end is part of it: a
    /// hold that ends by the clock makes another map.
    public var etag: String { "W/\"\(version)-\(validUntil)\"" }

    /// The fields of every answer about a seat map, 304 included. Kept for revalidation only: a live map may change at any moment.
    public static func seatMapFields(_ etag: String) -> HTTPHeaders {
        ["ETag": etag, "Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Accept-Encoding"]
    }
}
