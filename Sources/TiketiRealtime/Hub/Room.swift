// The sockets of one room on one loop, contiguous for broadcasts.
import TiketiNet

/// Members of a room on one loop.
final class Room {
    let name: String
    private(set) var members: [Socket] = []
    /// By member: how a broadcast finds it without looking at it.
    private(set) var paths: [FastPath] = []
    /// Rises with every change of these.
    private(set) var version: UInt64 = 0
    /// Whether broadcasts of other hubs reach this one; nil until the adapter knows.
    var isLive: Bool?
    var waiting: [LoopPromise<Bool>] = []

    init(_ name: String) { self.name = name }

    /// Returns the new member's place.
    func append(_ socket: Socket) -> Int {
        version += 1
        members.append(socket)
        paths.append(socket.fastPath)
        return members.count - 1
    }

    /// The last member takes the free place, so that members stay contiguous; returns it when it had to move.
    func remove(at index: Int) -> Socket? {
        version += 1
        let last = members.removeLast()
        let path = paths.removeLast()
        guard index < members.count else { return nil }
        members[index] = last
        paths[index] = path
        return last
    }

    func refresh(at index: Int) {
        version += 1
        paths[index] = members[index].fastPath
    }
}
