// What one user may have of this hub: connections, rooms, and joins in a second, over all tabs and devices.
import TiketiNet

/// Bounds for each user; zero for none.
struct UserBounds: Sendable {
    /// Connections to the product's namespace at the same time.
    var connections = 20
    /// Different rooms of all of them.
    var rooms = 50
    /// Joins a second in the long run.
    var joinRate = 10

    /// Joins that may come at once, as after a reconnection of many tabs.
    var joinBurst: Int { max(60, joinRate * 6) }
}

/// Counts what users have. Safe from any thread.
final class UserLimits: Sendable {
    private struct Usage {
        var connections = 0
        /// How many of the user's sockets are in each room.
        var rooms: [String: Int] = [:]
        var tokens: Double
        var refilledAt: UInt64
    }

    private let bounds: UserBounds
    private let users = Locked<[UUID: Usage]>([:])

    init(_ bounds: UserBounds) { self.bounds = bounds }

    /// Users with a connection.
    var count: Int { users.withLock { $0.count } }

    /// Counts a connection; false when the user has enough.
    func connect(_ user: UUID, at now: UInt64) -> Bool {
        users.withLock { users in
            var usage = users[user] ?? Usage(tokens: Double(bounds.joinBurst), refilledAt: now)
            guard bounds.connections == 0 || usage.connections < bounds.connections else { return false }
            usage.connections += 1
            users[user] = usage
            return true
        }
    }

    /// A connection that was counted is gone. A user without any is forgotten.
    func disconnect(_ user: UUID) {
        users.withLock { users in
            guard var usage = users[user] else { return }
            usage.connections -= 1
            users[user] = usage.connections > 0 ? usage : nil
        }
    }

    /// Takes one join of the user's rate; false when it is used up.
    func takeJoin(_ user: UUID, at now: UInt64) -> Bool {
        guard bounds.joinRate > 0 else { return true }
        return users.withLock { users in
            guard var usage = users[user] else { return false }
            let elapsed = now > usage.refilledAt ? Double(now - usage.refilledAt) / 1e9 : 0
            usage.tokens = min(Double(bounds.joinBurst), usage.tokens + elapsed * Double(bounds.joinRate))
            usage.refilledAt = max(usage.refilledAt, now)
            let isAllowed = usage.tokens >= 1
            if isAllowed { usage.tokens -= 1 }
            users[user] = usage
            return isAllowed
        }
    }

    /// One more of the user's sockets is in the room; false, and nothing counted, when that would be a room too many.
    func enter(_ room: String, _ user: UUID) -> Bool {
        users.withLock { users in
            guard users[user] != nil else { return false }
            if let sockets = users[user]?.rooms[room] {
                users[user]?.rooms[room] = sockets + 1
                return true
            }
            guard bounds.rooms == 0 || users[user]?.rooms.count ?? 0 < bounds.rooms else { return false }
            users[user]?.rooms[room] = 1
            return true
        }
    }

    /// One socket fewer is in the room.
    func leave(_ room: String, _ user: UUID) {
        users.withLock { users in
            guard let sockets = users[user]?.rooms[room] else { return }
            users[user]?.rooms[room] = sockets > 1 ? sockets - 1 : nil
        }
    }
}
