// Broadcasts under way on one loop, and their bytes for those who get them by the fast path.
import TiketiNet

/// Broadcasts that came together for the same sockets go together, and cost each of them one system call.
struct Fanout {
    var broadcasts: [Broadcast]
    var target: BroadcastTarget { broadcasts[0].target }
    /// Enough to make the system calls cheap, few enough that a tick stays short.
    static let broadcastsTogether = 32

    /// What of `target.rooms` has been handed out, and how far into the members of the current one.
    var room = -1
    var members: [Socket] = []
    var index = 0
    /// The members' fast paths, good as long as the room they were taken from is the same.
    var paths: [FastPath] = []
    var source: Room?
    var version: UInt64 = 0
    /// One message for each form; nil when somebody has to look at each receiver.
    var plain: [UInt8]?
    var marked: Marked?

    /// Of clients that recover.
    struct Marked {
        let bytes: [UInt8]
        let offsets: ClosedRange<Int64>
    }

    init(_ broadcast: Broadcast) { broadcasts = [broadcast] }

    /// Encodes for the fast path.
    mutating func prepare(maximumBytes: Int) {
        // A socket in several of the rooms gets the broadcast once, so each has to be looked at.
        guard target.rooms.count <= 1 else { return }
        let frames = broadcasts.count == 1 ? broadcasts[0].plain.frames : broadcasts.flatMap(\.plain.frames)
        if frames.count <= maximumBytes { plain = frames }
        let offsets = broadcasts.compactMap(\.offset)
        let forms = broadcasts.compactMap(\.marked?.frames)
        guard forms.count == broadcasts.count, let first = offsets.first, let last = offsets.last, first <= last,
            offsets.count == broadcasts.count
        else { return }
        let bytes = forms.count == 1 ? forms[0] : forms.flatMap { $0 }
        if bytes.count <= maximumBytes { marked = Marked(bytes: bytes, offsets: first...last) }
    }
}
