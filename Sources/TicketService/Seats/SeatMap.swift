// The seat map of one event at one version, ready to send: its chunks compressed, the whole made of them. Immutable.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// A snapshot of an event's seats. A new one shares with the one before all that did not change.
final class SeatMap: Sendable {
    let plan: SeatPlan
    let header: SnapshotHeader
    let states: [SeatState]
    /// On this process's clock: when the map stops being true by itself.
    let deadline: Timestamp?
    /// The latest changes, oldest first and without a gap up to `header.version`: what a client that has an older version needs.
    let log: [SeatLogEntry]
    private let parts: [DeflatePart]
    private let whole = Locked<(plain: [UInt8]?, gzip: [UInt8]?)>((nil, nil))
    private let short = Locked<[UInt8]?>(nil)

    /// Changes that are remembered.
    static let logLimit = 2048

    init(_ plan: SeatPlan, _ header: SnapshotHeader, _ states: [SeatState], parts: [DeflatePart], log: [SeatLogEntry], deadline: Timestamp?)
    {
        (self.plan, self.header, self.states, self.parts, self.deadline) = (plan, header, states, parts, deadline)
        self.log = log.suffix(Self.logLimit)
    }

    /// Weak, because the same map is sent in several encodings. The end is part of it: a hold that ends by the clock is another map.
    var etag: String { header.etag }

    /// Whether no hold in it has ended.
    func isTrue(at now: Timestamp) -> Bool { deadline.map { now < $0 } ?? true }

    var size: Int { plan.size * 2 + states.count + parts.reduce(0) { $0 + $1.bytes.count } * 2 }

    // MARK: Answers

    /// `{"success":true,"version":…,"validUntil":…,"seats":[…]}`, of one section when it is named.
    func plain(section: String? = nil) -> [UInt8] {
        if let section { return makePlain(chunks(section)) }
        if let made = whole.withLock({ $0.plain }) { return made }
        let made = makePlain(plan.chunks.indices)
        whole.withLock { $0.plain = made }
        return made
    }

    /// The same, compressed (RFC 1952).
    func gzip(section: String? = nil) -> [UInt8]? {
        if let section { return makeGzip(chunks(section)) }
        if let made = whole.withLock({ $0.gzip }) { return made }
        let made = makeGzip(plan.chunks.indices)
        whole.withLock { $0.gzip = made }
        return made
    }

    /// `{"success":true,"version":…,"validUntil":…,"states":"…"}`: one character a seat, in the layout's order.
    func shortForm() -> [UInt8] {
        var bytes = head("states")
        bytes.reserveCapacity(bytes.count + states.count + 4)
        bytes.append(UInt8(ascii: "\""))
        for state in states { bytes.append(state.character) }
        bytes += Array("\"}".utf8)
        return bytes
    }

    /// The same, compressed (RFC 1952); made once.
    func shortGzip() -> [UInt8]? {
        if let made = short.withLock({ $0 }) { return made }
        let made = GzipFile.of(shortForm())
        short.withLock { $0 = made }
        return made
    }

    /// What changed after `version` in the short form: `"changes":[[index,"character"],…]`. Nil as for `changes(since:)`.
    func shortChanges(since version: Int64) -> [UInt8]? {
        guard let seats = changed(since: version) else { return nil }
        var bytes = head("changes", since: version)
        bytes.append(UInt8(ascii: "["))
        for (index, seat) in seats.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += Array("[\(seat),\"".utf8) + [states[seat].character] + Array("\"]".utf8)
        }
        bytes += Array("]}".utf8)
        return bytes
    }

    /// The seats that changed after `version`, those with an expired hold among them; nil when the log does not reach back that
    /// far, or when the whole map is the shorter answer.
    func changes(since version: Int64) -> [UInt8]? {
        guard let seats = changed(since: version) else { return nil }
        var bytes = head(since: version) + [UInt8(ascii: "[")]
        plan.write(seats, states, into: &bytes, commaFirst: false)
        bytes += Array("]}".utf8)
        return bytes
    }

    private func changed(since version: Int64) -> [Int]? {
        guard version <= header.version, version == header.version || log.first.map({ $0.version <= version + 1 }) == true else {
            return nil
        }
        var seats = Set(log.lazy.filter { $0.version > version }.flatMap(\.seats))
        for (seat, state) in states.enumerated() where state == .lapsed { seats.insert(seat) }
        return seats.count * 4 <= max(plan.ids.count, 16) ? seats.sorted() : nil
    }

    private func chunks(_ section: String) -> Range<Int> { plan.sections.first { $0.name == section }?.chunks ?? 0..<0 }

    /// An answer up to the value of its last member.
    private func head(_ last: StaticString = "seats", since: Int64? = nil) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.member("success", true)
        writer.member("version", header.version)
        if let since { writer.member("since", since) }
        writer.member("validUntil", header.validUntil == 0 ? nil : Timestamp(microseconds: header.validUntil))
        writer.key(last)
        return writer.finish()
    }

    private func makePlain(_ chunks: Range<Int>) -> [UInt8] {
        var bytes = head() + [UInt8(ascii: "[")]
        bytes.reserveCapacity(bytes.count + 2 + chunks.reduce(0) { $0 + parts[$1].length + 1 })
        for chunk in chunks {
            plan.write(plan.chunks[chunk], states, into: &bytes, commaFirst: chunk > chunks.lowerBound)
        }
        bytes += Array("]}".utf8)
        return bytes
    }

    private func makeGzip(_ chunks: Range<Int>) -> [UInt8]? {
        guard let deflater = Deflater(), let head = deflater.part(head() + [UInt8(ascii: "[")]),
            let comma = deflater.part([UInt8(ascii: ",")]),
            let tail = deflater.part(Array("]}".utf8))
        else { return nil }
        var file = GzipFile(capacity: 256 + chunks.reduce(0) { $0 + parts[$1].bytes.count })
        file.append(head)
        for chunk in chunks {
            if chunk > chunks.lowerBound && plan.beginsSection[chunk] { file.append(comma) }
            file.append(parts[chunk])
        }
        file.append(tail)
        return file.finish()
    }
}

extension SeatMap {
    /// A first map, all of it compressed. Takes time in proportion to the seats.
    static func whole(
        _ plan: SeatPlan, _ header: SnapshotHeader, _ states: [SeatState], log: [SeatLogEntry], deadline: Timestamp?
    ) throws -> SeatMap {
        let parts = try compress(plan, states, plan.chunks.indices)
        return SeatMap(plan, header, states, parts: parts.map(\.part), log: log, deadline: deadline)
    }

    /// The map after `changes`. Takes time in proportion to them.
    func with(
        _ changes: [(seat: Int, state: SeatState)], _ header: SnapshotHeader, log more: [SeatLogEntry], deadline: Timestamp?
    ) throws -> SeatMap {
        var states = states
        var touched: Set<Int> = []
        for (seat, state) in changes where states[seat] != state {
            states[seat] = state
            touched.insert(plan.chunk(of: seat))
        }
        var parts = parts
        for (chunk, part) in try Self.compress(plan, states, touched) { parts[chunk] = part }
        return SeatMap(plan, header, states, parts: parts, log: log + more, deadline: deadline)
    }

    private static func compress(
        _ plan: SeatPlan, _ states: [SeatState], _ chunks: some Sequence<Int>
    ) throws -> [(chunk: Int, part: DeflatePart)] {
        let deflater = Deflater()
        return try chunks.map { chunk in
            guard let part = deflater?.part(plan.bytes(ofChunk: chunk, states)) else { throw DeflateError.outOfMemory }
            return (chunk, part)
        }
    }
}
