// The sockets of one namespace on one loop, and the rooms they are in.
import DequeModule
import TiketiNet

/// One namespace's sockets and rooms on one loop.
///
/// `@unchecked Sendable` because it is confined to `loop`.
final class NamespaceShard: @unchecked Sendable {
    let name: String
    let loop: EventLoop
    let recovery: (any SocketRecovery)?
    let live: LiveSessions
    private let adapter: (any HubAdapter)?
    private(set) var sockets: [String: Socket] = [:]
    private(set) var rooms: [String: Room] = [:]
    /// Everybody, contiguous, for broadcasts without rooms.
    let everybody = Room("")
    let configuration: SocketIOConfiguration
    var maximumRooms: Int { configuration.maximumRooms }
    /// Mark of the broadcast under way.
    var stamp: UInt64 = 0
    var fanouts = Deque<Fanout>()
    /// Whether broadcasts go on in the next tick, or begin at the end of this one.
    var isFanningOut = false
    var awaitsEndOfTick = false
    /// Those of the broadcast under way, kept for their memory: by the fast path in either form, and places of all others.
    var plainLanes: [Int32] = []
    var markedLanes: [Int32] = []
    var others: [Int] = []

    init(
        _ name: String, _ loop: EventLoop, _ adapter: (any HubAdapter)?, _ configuration: SocketIOConfiguration,
        recovery: (any SocketRecovery)?, live: LiveSessions
    ) {
        self.recovery = recovery
        self.live = live
        self.configuration = configuration
        self.name = name
        self.loop = loop
        self.adapter = adapter
    }

    // MARK: Members

    func add(_ socket: Socket) {
        sockets[socket.id] = socket
        // Others may have entered a room of that name before.
        if let room = rooms[socket.id], socket.memberships[room.name] == nil { insert(socket, room) }
    }

    /// From now on the socket gets broadcasts: its client knows that it is connected.
    func activate(_ socket: Socket) {
        settle()
        socket.isActive = true
        enroll(socket)
        refresh(socket)
    }

    /// What broadcasts know of the socket may have changed.
    func refresh(_ socket: Socket) {
        for membership in socket.memberships.values { membership.room.refresh(at: membership.index) }
    }

    /// The socket is one of everybody.
    func enroll(_ socket: Socket) {
        if socket.memberships[everybody.name] == nil { insert(socket, everybody) }
    }

    func remove(_ socket: Socket) {
        // Its id may have gone over to the connection that continues its session.
        if sockets[socket.id] === socket { sockets[socket.id] = nil }
        for membership in socket.memberships.values {
            take(socket, from: membership.room)
            if membership.room !== everybody { vanishIfEmpty(membership.room) }
        }
        socket.memberships = [:]
    }

    /// Enters rooms and waits until all of them are live; false when one is not.
    func join(_ socket: Socket, _ names: [String]) async -> Bool {
        var pending: [LoopPromise<Bool>] = []
        var allLive = true
        for name in names where !name.isEmpty {
            switch enter(socket, name) {
            case .live: break
            case .pending(let promise): pending.append(promise)
            }
        }
        for promise in pending where await !promise.value() { allLive = false }
        return allLive
    }

    func join(_ socket: Socket, _ name: String) async -> Bool { await join(socket, [name]) }

    private enum Entry {
        case live
        case pending(LoopPromise<Bool>)
    }

    private func enter(_ socket: Socket, _ name: String) -> Entry {
        settle()
        let room: Room
        if let known = rooms[name] {
            room = known
        } else {
            room = Room(name)
            rooms[name] = room
            // A room of a socket's name is the socket's own, which costs nothing until another one enters it.
            if let owner = sockets[name], owner !== socket { insert(owner, room) }
            announce(room)
        }
        if socket.memberships[name] == nil { insert(socket, room) }
        if room.isLive == true { return .live }
        let promise = LoopPromise<Bool>()
        room.waiting.append(promise)
        // A room that could not be made live before may be by now.
        if room.isLive == false {
            room.isLive = nil
            announce(room)
        }
        return .pending(promise)
    }

    /// Tells the adapter of a room that had no member here.
    private func announce(_ room: Room) {
        guard let adapter else {
            room.isLive = true
            return
        }
        // The room is used on this loop only; the adapter just hands it back.
        nonisolated(unsafe) let room = room
        adapter.roomAppeared(room.name, namespace: name, loop: loop) { isLive in
            room.isLive = isLive
            let waiting = room.waiting
            room.waiting = []
            for promise in waiting { promise.succeed(isLive) }
        }
    }

    func leave(_ socket: Socket, _ name: String) {
        guard let membership = socket.memberships[name], !name.isEmpty else { return }
        settle()
        take(socket, from: membership.room)
        socket.memberships[name] = nil
        vanishIfEmpty(membership.room)
    }

    private func vanishIfEmpty(_ room: Room) {
        guard room.members.isEmpty, rooms[room.name] === room else { return }
        rooms[room.name] = nil
        adapter?.roomVanished(room.name, namespace: name, loop: loop)
    }

    private func insert(_ socket: Socket, _ room: Room) {
        socket.memberships[room.name] = Socket.Membership(room: room, index: room.append(socket))
    }

    private func take(_ socket: Socket, from room: Room) {
        guard let index = socket.memberships[room.name]?.index else { return }
        if let moved = room.remove(at: index) { moved.memberships[room.name]?.index = index }
    }

    /// The sockets a target means, each once.
    func matching(_ target: BroadcastTarget) -> [Socket] {
        let excluded = Set(target.except.flatMap { members(of: $0) }.map(\.id))
        var seen: Set<String> = []
        let sockets = target.rooms.isEmpty ? everybody.members : target.rooms.flatMap { members(of: $0) }
        return sockets.filter { $0.isActive && $0.isConnected && !excluded.contains($0.id) && seen.insert($0.id).inserted }
    }

    /// All rooms with a member here, those of single sockets among them.
    var roomNames: [String] { Array(rooms.keys) + sockets.keys }

    /// A socket is the room of its own id, without costing one.
    func members(of room: String) -> [Socket] {
        if let known = rooms[room] { return known.members }
        return sockets[room].map { [$0] } ?? []
    }
}
