// How a broadcast reaches a socket without looking at it or at its session: one number for each member of a room.

/// Where `StreamLanes` knows the connection of a socket whose client takes WebSocket frames as they are, and which form of a broadcast it
/// gets.
struct FastPath: Equatable {
    private let code: Int32

    /// There is none: the client polls, compresses or is not ready, or waits for what it missed.
    static let none = FastPath(code: -1)

    private init(code: Int32) { self.code = code }

    /// - Parameter recovers: whether the client gets offsets.
    init(lane: Int32, recovers: Bool) { code = lane << 1 | (recovers ? 1 : 0) }

    var isNone: Bool { code < 0 }
    var lane: Int32 { code >> 1 }
    var recovers: Bool { code & 1 == 1 }
}
