// The sockets and rooms of one loop. A broadcast is one pass over a room's contiguous members, handing each the same encoded bytes.
import DequeModule
import TiketiNet

/// `@unchecked Sendable` because it is confined to `loop`; other loops send it work through `HubReference`.
final class HubShard: @unchecked Sendable {
    let loop: EventLoop
    private let adapter: (any HubAdapter)?
    private let configuration: SocketIOConfiguration
    private let recovery: (any SocketRecovery)?
    private let live: LiveSessions
    private var namespaces: [String: NamespaceShard] = [:]

    init(
        loop: EventLoop, adapter: (any HubAdapter)?, configuration: SocketIOConfiguration, recovery: (any SocketRecovery)?,
        live: LiveSessions
    ) {
        self.recovery = recovery
        self.live = live
        self.configuration = configuration
        self.loop = loop
        self.adapter = adapter
    }

    func namespace(_ name: String) -> NamespaceShard {
        if let known = namespaces[name] { return known }
        let created = NamespaceShard(name, loop, adapter, configuration, recovery: recovery, live: live)
        namespaces[name] = created
        return created
    }

    func broadcast(_ broadcast: Broadcast) { namespaces[broadcast.packet.namespace]?.broadcast(broadcast) }
}

/// Members of a room on one loop.
final class Room {
    let name: String
    var members: [Socket] = []
    /// Whether broadcasts of other hubs reach this one; nil until the adapter knows.
    var isLive: Bool?
    var waiting: [LoopPromise<Bool>] = []

    init(_ name: String) { self.name = name }
}

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
    private let everybody = Room("")
    private var stamp: UInt64 = 0
    private let configuration: SocketIOConfiguration
    var maximumRooms: Int { configuration.maximumRooms }
    private var fanouts = Deque<Fanout>()
    /// Whether broadcasts go on in the next tick, or begin at the end of this one.
    private var isFanningOut = false
    private var awaitsEndOfTick = false
    /// Enough to make the system calls cheap, few enough that a tick stays short.
    private static let broadcastsTogether = 32

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

    func add(_ socket: Socket) { sockets[socket.id] = socket }

    /// From now on the socket gets broadcasts: its client has been told that it is connected.
    func activate(_ socket: Socket) {
        settle()
        socket.isActive = true
        enroll(socket)
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
        socket.memberships[room.name] = Socket.Membership(room: room, index: room.members.count)
        room.members.append(socket)
    }

    /// The last member takes the free place, so that members stay contiguous.
    private func take(_ socket: Socket, from room: Room) {
        guard let index = socket.memberships[room.name]?.index else { return }
        let last = room.members.removeLast()
        if last !== socket {
            room.members[index] = last
            last.memberships[room.name]?.index = index
        }
    }

    // MARK: Broadcast

    /// Broadcasts under way: each is finished before the next begins, so every socket gets them in order. Those that came together for the same
    /// sockets go together, and cost each of them one system call.
    private struct Fanout {
        var broadcasts: [Broadcast]
        var target: BroadcastTarget { broadcasts[0].target }
        /// What of `target.rooms` has been handed out, and how far into the members of the current one.
        var room = -1
        var members: [Socket] = []
        var index = 0
    }

    func broadcast(_ broadcast: Broadcast) {
        if let last = fanouts.last, last.room < 0, last.broadcasts.count < Self.broadcastsTogether, last.target == broadcast.target {
            fanouts[fanouts.count - 1].broadcasts.append(broadcast)
        } else {
            fanouts.append(Fanout(broadcasts: [broadcast]))
        }
        guard !isFanningOut, !awaitsEndOfTick else { return }
        awaitsEndOfTick = true
        loop.atEndOfTick { [self] in settle() }
    }

    /// Begins what waits for the end of the tick: what a socket is sent, joins or leaves comes after the broadcasts before it.
    func settle() {
        guard awaitsEndOfTick else { return }
        awaitsEndOfTick = false
        continueFanout()
    }

    private func continueFanout() {
        isFanningOut = false
        var budget = max(1, configuration.deliveriesPerTick)
        while var fanout = fanouts.popFirst() {
            if advance(&fanout, &budget) {
                for broadcast in fanout.broadcasts { configuration.onFanout?(MonotonicClock.now - broadcast.arrivedAt) }
                continue
            }
            fanouts.prepend(fanout)
            isFanningOut = true
            return loop.execute { [self] in continueFanout() }
        }
    }

    /// Hands out as much as the budget allows; true when everybody has the packet.
    private func advance(_ fanout: inout Fanout, _ budget: inout Int) -> Bool {
        if fanout.room < 0 {
            stamp += 1
            for name in fanout.target.except {
                for socket in members(of: name) { socket.stamp = stamp }
            }
            fanout.room = 0
            fanout.members = members(fanout.target, 0)
        }
        let last = max(1, fanout.target.rooms.count) - 1
        while true {
            while fanout.index < fanout.members.count {
                if budget == 0 { return false }
                let socket = fanout.members[fanout.index]
                fanout.index += 1
                // In several of the rooms, in an excluded one, not yet told that it is connected, or gone since the broadcast began.
                guard socket.stamp != stamp, socket.takesBroadcasts else { continue }
                socket.stamp = stamp
                for broadcast in fanout.broadcasts.dropLast() { socket.deliver(broadcast) }
                socket.deliver(fanout.broadcasts[fanout.broadcasts.count - 1], now: true)
                budget -= 1
            }
            if fanout.room == last { return true }
            fanout.room += 1
            fanout.members = members(fanout.target, fanout.room)
            fanout.index = 0
        }
    }

    private func members(_ target: BroadcastTarget, _ index: Int) -> [Socket] {
        target.rooms.isEmpty ? everybody.members : members(of: target.rooms[index])
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
    private func members(of room: String) -> [Socket] {
        if let known = rooms[room] { return known.members }
        return sockets[room].map { [$0] } ?? []
    }
}
