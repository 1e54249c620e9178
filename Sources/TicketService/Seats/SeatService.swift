// Holding seats and giving them back.
import TiketiCore
import TiketiNet

struct SeatService: Sendable {
    let seats: SeatStore
    let batcher: HoldBatcher
    let announcer: Announcer

    func hold(_ ids: [UUID], by user: UUID) async throws -> Hold {
        try await take(ids, user) { try await batcher.hold(HoldRequest(user: user, seats: ids)) }.0
    }

    func release(_ ids: [UUID], by user: UUID) async throws -> [UUID] {
        let changes = try await seats.release(ids, by: user)
        await announcer.announce(Announcement(changes: changes))
        return changes.flatMap(\.seats)
    }

    /// Takes seats with `attempt`, first ending whatever the clock has ended on them.
    func take<Taken: Sendable>(
        _ ids: [UUID], _ user: UUID, _ attempt: () async throws -> Taking<Taken>
    ) async throws -> (Taken, SeatChange?) {
        // Each round ends the expired claims that the last one met; after more than a few, claims expire faster than they are ended.
        for _ in 0..<5 {
            switch try await attempt() {
            case .taken(let taken, let change): return (taken, change)
            case .expireFirst(let event):
                var announcement = Announcement()
                announcement.add(try await seats.expire(event, seats: ids, user: user))
                await announcer.announce(announcement)
            }
        }
        throw TicketError.busy
    }
}
