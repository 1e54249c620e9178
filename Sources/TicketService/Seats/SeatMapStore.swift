// Seat maps from PostgreSQL: a whole one, or the one before with what changed since.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// Reads seat maps and a user's own seats.
struct SeatMapStore: Sendable {
    let postgres: PostgresPool
    /// Large maps are made on these threads, not on the loops.
    let blocking: BlockingPool

    /// Seats from which on a map is made on another thread; below, the hop would cost more.
    private static let small = 200

    /// The map as of now, made from `base` when there is one; nil when there is no such event.
    func read(_ event: UUID, base: SeatMap?) async throws -> SeatMap? {
        if let base, let delta = try await delta(event, base) {
            switch delta {
            case .noEvent: return nil
            case .map(let map): return map
            }
        }
        return try await whole(event)
    }

    func revision(_ event: UUID) async throws -> Int64? {
        try await postgres.read(EventSQL.version, [.uuid(event)]).first.map { Int64(try $0.int(1)) }
    }

    /// What a user has of an event now; nil when there is no such event.
    func mine(_ event: UUID, _ user: UUID) async throws -> [OwnSeat]? {
        let rows = try await postgres.read(SeatMapSQL.mine, [.uuid(event), .uuid(user)])
        guard !rows.isEmpty else { return nil }
        return try rows.compactMap { row in
            guard let id = try row.uuidOrNil("id") else { return nil }
            return OwnSeat(
                id: id, status: try row.string("status"), expiresAt: try row.timestampOrNil("expires_at"),
                reservationID: try row.uuidOrNil("reservation_id"))
        }
    }

    // MARK: Whole

    private func whole(_ event: UUID) async throws -> SeatMap? {
        let before = Timestamp.now()
        let rows = try await postgres.read(SeatMapSQL.whole, [.uuid(event)])
        guard let first = rows.first else { return nil }
        let (header, deadline) = try Self.counters(first, before)
        let recent = try await postgres.read(
            SeatMapSQL.log, [.uuid(event), .int(max(1, header.version - Int64(SeatMap.logLimit))), .int(header.version)])
        let make: @Sendable () throws -> SeatMap = {
            var (seats, states): ([SeatRow], [SeatState]) = ([], [])
            seats.reserveCapacity(rows.count)
            states.reserveCapacity(rows.count)
            for row in rows where !row.isNull(0) {
                seats.append(
                    SeatRow(
                        id: try row.uuid(0), section: try row.string(1), row: try row.string(2), number: try row.string(3),
                        label: try row.string(4), price: try row.string(5)))
                states.append(try Self.state(row.int(6)))
            }
            let plan = SeatPlan(event: event, seats)
            let log = try recent.map { row in
                SeatLogEntry(version: Int64(try row.int(0)), seats: try row.uuids("seat_ids").compactMap { plan.position(of: $0) })
            }
            return try SeatMap.whole(plan, header, states, log: Self.unbroken(log, upTo: header.version), deadline: deadline)
        }
        return rows.count <= Self.small ? try make() : try await blocking.run(make)
    }

    // MARK: What changed

    private enum Delta {
        case noEvent
        case map(SeatMap)
    }

    /// Nil when the changes since the base are not all remembered any more.
    private func delta(_ event: UUID, _ base: SeatMap) async throws -> Delta? {
        let before = Timestamp.now()
        let lapsed = base.states.indices.filter { base.states[$0] == .lapsed }.map { base.plan.ids[$0] }
        let since = base.header.version
        guard let row = try await postgres.read(SeatMapSQL.delta, [.uuid(event), .int(since), .uuidArray(lapsed)]).first else {
            return .noEvent
        }
        let (header, deadline) = try Self.counters(row, before)
        var log: [SeatLogEntry] = []
        for (version, id) in zip(try row.ints("log_versions"), try row.uuids("log_ids")) {
            guard let seat = base.plan.position(of: id) else { return nil }
            if log.last?.version == version {
                log[log.count - 1].seats.append(seat)
            } else {
                log.append(SeatLogEntry(version: version, seats: [seat]))
            }
        }
        guard header.version >= since, Int64(log.count) == header.version - since else { return nil }
        var changes: [(seat: Int, state: SeatState)] = []
        for (id, state) in zip(try row.uuids("ids"), try row.ints("states")) {
            guard let seat = base.plan.position(of: id) else { return nil }
            changes.append((seat, try Self.state(Int(state))))
        }
        // Four chunks are compressed in about a millisecond.
        if changes.count <= 4 { return .map(try base.with(changes, header, log: log, deadline: deadline)) }
        let (found, added) = (changes, log)
        return .map(try await blocking.run { try base.with(found, header, log: added, deadline: deadline) })
    }

    // MARK: Rows

    private static func counters(_ row: PostgresRow, _ readBefore: Timestamp) throws -> (SnapshotHeader, Timestamp?) {
        let until = try row.timestampOrNil("valid_until")
        let readAt = try row.timestamp("read_at")
        let header = SnapshotHeader(
            revision: Int64(try row.int("revision")), version: Int64(try row.int("version")), validUntil: until?.microseconds ?? 0)
        return (header, until.map { readBefore.adding(seconds: Double($0.microseconds - readAt.microseconds) / 1_000_000) })
    }

    private static func state(_ number: Int) throws(PostgresError) -> SeatState {
        guard let state = UInt8(exactly: number).flatMap(SeatState.init) else {
            throw PostgresError(.decode, "unknown seat state \(number)")
        }
        return state
    }

    /// The end of `log` that has no gap; old entries may have been pruned.
    private static func unbroken(_ log: [SeatLogEntry], upTo version: Int64) -> [SeatLogEntry] {
        var start = log.count
        while start > 0, log[start - 1].version == version - Int64(log.count - start) { start -= 1 }
        return Array(log[start...])
    }
}
