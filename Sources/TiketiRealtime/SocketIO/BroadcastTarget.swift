// Whom a broadcast is for, in the words of Socket.IO.

/// Who gets a broadcast: sockets in any of `rooms` (everybody when empty), without those in any of `except`.
public struct BroadcastTarget: Sendable, Equatable {
    public var rooms: [String]
    public var except: [String]
    public var isVolatile: Bool

    public init(rooms: [String] = [], except: [String] = [], isVolatile: Bool = false) {
        self.rooms = rooms
        self.except = except
        self.isVolatile = isVolatile
    }
}
