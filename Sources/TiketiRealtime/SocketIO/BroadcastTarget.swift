// Whom a broadcast is for, in the words of Socket.IO.

/// Who gets a broadcast: sockets in any of `rooms` (everybody when empty), without those in any of `except`.
public struct BroadcastTarget: Sendable, Equatable {
    /// Members of any of these; everybody when empty.
    public var rooms: [String]
    /// But not members of these.
    public var except: [String]
    /// Whether clients that lag may miss it.
    public var isVolatile: Bool

    /// Everybody, unless something is given.
    public init(rooms: [String] = [], except: [String] = [], isVolatile: Bool = false) {
        self.rooms = rooms
        self.except = except
        self.isVolatile = isVolatile
    }
}
