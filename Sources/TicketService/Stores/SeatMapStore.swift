// Seat maps from PostgreSQL, and their form in Redis.
import TiketiCore
import TiketiNet
import TiketiStore

/// One read of an event's seats: rows and counters of the same snapshot.
public struct SeatReading: Sendable {
    public var rows: PostgresRows
    public var header: SnapshotHeader
    /// Seconds from the reading to `header.validUntil`; nil when no hold runs.
    public var secondsValid: Double?
}

public struct SeatMapStore: Sendable {
    let postgres: PostgresPool

    /// Nil when there is no such event.
    func read(_ event: UUID) async throws -> SeatReading? {
        let rows = try await postgres.read(SeatSQL.map, [.uuid(event)])
        guard let first = rows.first else { return nil }
        var earliest: Timestamp?
        for row in rows {
            if let end = try row.timestampOrNil(7), earliest.map({ end < $0 }) ?? true { earliest = end }
        }
        let header = SnapshotHeader(
            revision: Int64(try first.int("revision")), version: Int64(try first.int("version")), validUntil: earliest?.microseconds ?? 0)
        let readAt = try first.timestamp("read_at")
        let seconds = earliest.map { Double($0.microseconds - readAt.microseconds) / 1_000_000 }
        return SeatReading(rows: rows, header: header, secondsValid: seconds)
    }

    func revision(_ event: UUID) async throws -> Int64? {
        try await postgres.read(EventSQL.version, [.uuid(event)]).first.map { Int64(try $0.int(1)) }
    }
}

extension SeatMap {
    /// Makes the map of a reading. Takes time in proportion to the seats.
    convenience init(_ reading: SeatReading, event: UUID, readBefore: Timestamp) throws {
        var seats: [SeatRow] = []
        seats.reserveCapacity(reading.rows.count)
        for row in reading.rows where !row.isNull(0) {
            seats.append(
                SeatRow(
                    id: try row.uuid(0), section: try row.string(1), row: try row.int(2), number: try row.int(3), label: try row.string(4),
                    price: try row.string(5), status: try row.string(6)))
        }
        let (plain, sections, prefix) = Self.encode(seats, event: event, header: reading.header)
        self.init(
            header: reading.header, plain: plain, gzip: Gzip.compress(plain) ?? [], sections: sections, prefix: prefix,
            deadline: reading.secondsValid.map { readBefore.adding(seconds: $0) })
    }

    /// What is kept in Redis after the header: a line of JSON that says where things are, then the compressed map.
    var cached: [UInt8] {
        var writer = JSONWriter(capacity: 64 + sections.count * 32)
        writer.array(sections.sorted { $0.value.lowerBound < $1.value.lowerBound }) { writer, section in
            writer.beginArray()
            writer.value(section.key)
            writer.value(section.value.lowerBound)
            writer.value(section.value.upperBound)
            writer.endArray()
        }
        return Array(String(prefix).utf8) + [0x0A] + writer.finish() + [0x0A] + gzip
    }

    /// Reads what `cached` made; nil when it is not that.
    convenience init?(_ header: SnapshotHeader, cached: ArraySlice<UInt8>, deadline: Timestamp?) {
        guard let first = cached.firstIndex(of: 0x0A), let second = cached[(first + 1)...].firstIndex(of: 0x0A),
            let prefix = Int(String(decoding: cached[..<first], as: UTF8.self)),
            let places = try? JSONValue.parse(Array(cached[(first + 1)..<second])).arrayValue,
            let plain = Gzip.decompress(cached[(second + 1)...]), prefix <= plain.count
        else { return nil }
        var sections: [String: Range<Int>] = [:]
        for place in places {
            guard let place = place.arrayValue, place.count == 3, let name = place[0].stringValue, let start = place[1].intValue,
                let end = place[2].intValue, 0 <= start, start <= end, end <= plain.count
            else { return nil }
            sections[name] = start..<end
        }
        self.init(
            header: header, plain: plain, gzip: Array(cached[(second + 1)...]), sections: sections, prefix: prefix, deadline: deadline)
    }
}
