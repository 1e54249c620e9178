// The seat map of one event at one version, ready to send: plain and compressed. Immutable.
import TiketiCore
import TiketiNet

/// A snapshot of an event's seats.
public final class SeatMap: Sendable {
    public let header: SnapshotHeader
    /// `{"success":true,"version":…,"validUntil":…,"seats":[…]}`.
    public let plain: [UInt8]
    public let gzip: [UInt8]
    /// Where each section's seats are in `plain`; a section's seats stand together.
    public let sections: [String: Range<Int>]
    /// Where the seats begin in `plain`.
    public let prefix: Int
    /// On this process's clock: when the map stops being true by itself.
    public let deadline: Timestamp?

    init(header: SnapshotHeader, plain: [UInt8], gzip: [UInt8], sections: [String: Range<Int>], prefix: Int, deadline: Timestamp?) {
        self.header = header
        self.plain = plain
        self.gzip = gzip
        self.sections = sections
        self.prefix = prefix
        self.deadline = deadline
    }

    /// Weak, because the same map is sent in several encodings. The end is part of it: a hold that ends by the clock is another map.
    public var etag: String { Self.etag(header) }

    static func etag(_ header: SnapshotHeader) -> String { "W/\"\(header.version)-\(header.validUntil)\"" }

    /// The map with the seats of one section only.
    func body(section: String) -> [UInt8] {
        var body = Array(plain[..<prefix])
        if let range = sections[section] { body += plain[range] }
        body += Array("]}".utf8)
        return body
    }

    var size: Int { plain.count + gzip.count }
}

/// One seat of a map, as the database gave it.
public struct SeatRow: Sendable {
    public var id: UUID
    public var section: String
    public var row: Int
    public var number: Int
    public var label: String
    public var price: String
    public var status: String
}

extension SeatMap {
    /// Writes the JSON of `seats`, which come section by section.
    static func encode(_ seats: [SeatRow], event: UUID, header: SnapshotHeader) -> (
        plain: [UInt8], sections: [String: Range<Int>], prefix: Int
    ) {
        var writer = JSONWriter(capacity: 200 + seats.count * 230)
        writer.beginObject()
        writer.member("success", true)
        writer.member("version", header.version)
        writer.member("validUntil", header.validUntil == 0 ? nil : Timestamp(microseconds: header.validUntil))
        writer.key("seats")
        writer.beginArray()
        let prefix = writer.count
        var sections: [String: Range<Int>] = [:]
        var current: (name: String, start: Int)?
        let eventText = event.description
        for seat in seats {
            if current?.name != seat.section {
                if let current { sections[current.name] = current.start..<writer.count }
                // After the comma that the writer puts before the next seat; the first seat has none.
                current = (seat.section, writer.count + (writer.count == prefix ? 0 : 1))
            }
            writer.object {
                $0.member("id", seat.id)
                $0.member("eventId", eventText)
                $0.member("section", seat.section)
                $0.member("rowNumber", seat.row)
                $0.member("seatNumber", seat.number)
                $0.member("seatLabel", seat.label)
                $0.member("price", raw: Array(seat.price.utf8))
                $0.member("status", seat.status)
            }
        }
        if let current { sections[current.name] = current.start..<writer.count }
        writer.endArray()
        writer.endObject()
        return (writer.finish(), sections, prefix)
    }
}
