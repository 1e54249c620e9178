// What the product's namespace keeps of one connection: whose it is, and what it counts for that user.
import TiketiCore
import TiketiNet

/// `@unchecked Sendable` because it is used on its socket's loop only.
final class LiveMember: @unchecked Sendable {
    let principal: Principal
    private let limits: UserLimits
    private var rooms: Set<String> = []
    private var isCounted = true

    /// The connection has been counted.
    init(_ principal: Principal, _ limits: UserLimits) {
        self.principal = principal
        self.limits = limits
    }

    /// A socket that never came to be gives back its place too.
    deinit { release() }

    /// Counts a join; false when the user joins too often.
    func takeJoin(at now: UInt64) -> Bool { limits.takeJoin(principal.userID, at: now) }

    /// Counts the room; false when the user has too many.
    func enter(_ room: String) -> Bool {
        if rooms.contains(room) { return true }
        guard limits.enter(room, principal.userID) else { return false }
        rooms.insert(room)
        return true
    }

    func leave(_ room: String) {
        if rooms.remove(room) != nil { limits.leave(room, principal.userID) }
    }

    /// The connection is gone.
    func release() {
        guard isCounted else { return }
        isCounted = false
        for room in rooms { limits.leave(room, principal.userID) }
        rooms = []
        limits.disconnect(principal.userID)
    }
}
