// One client in one namespace: emits, rooms, acknowledgements both ways. Lives and dies on its connection's loop.
import TiketiNet

/// `@unchecked Sendable` because it is confined to `loop`, which every entry point asserts in debug builds.
public final class Socket: @unchecked Sendable {
    /// Public; not the Engine.IO session's id, which is a secret.
    public let id: String
    /// The namespace that the client has joined.
    public let namespace: String
    /// Where the socket lives; all its methods are to be called there.
    public let loop: EventLoop
    /// What the client said when it opened its connection.
    public let handshake: EngineHandshake
    /// What `authorize` gave it.
    public let data: (any Sendable)?

    private let handler: any SocketNamespace
    /// Until the socket leaves.
    private var connection: SocketConnection?
    private let session: EngineSession
    private let shard: NamespaceShard
    /// The session's, while the socket is connected.
    private let lane: Int32
    /// Whether the client continued an earlier session: its rooms are entered, and it has what it missed.
    public internal(set) var isRecovered = false
    /// The secret by which the client can continue this session; nil when it can't.
    private(set) var recoveryID: String?
    /// The latest offset the client has been sent.
    private(set) var lastOffset: Int64 = 0
    /// Broadcasts that wait until the client has what it missed.
    private var held: [Broadcast]?
    private var heldBytes = 0
    private static let maximumHeld = 4096
    /// Whether logged broadcasts were let go while others were held: the log has them too.
    private(set) var isBehindLog = false
    private(set) var isConnected = true
    /// Whether the client knows that it is connected: nothing is sent before.
    var isActive = false
    var memberships: [String: Membership] = [:]
    /// Mark of the last broadcast that considered this socket; makes a socket in several of its rooms get it once.
    var stamp: UInt64 = 0

    private var inbox: [SocketPacket] = []
    private var inboxBytes = 0
    private var isProcessing = false
    /// Why the socket left, until the events before that are handled and the application hears of it.
    private var farewell: SocketDisconnectReason?
    private var nextAck: UInt64 = 0
    private var pendingAcks: [UInt64: LoopPromise<SocketPacket?>] = [:]

    struct Membership {
        let room: Room
        var index: Int
    }

    init(
        id: String, connection: SocketConnection, request: SocketConnectRequest, handler: any SocketNamespace, shard: NamespaceShard,
        data: (any Sendable)?, recovery: (id: String, offset: Int64)?
    ) {
        self.id = id
        self.connection = connection
        session = connection.session
        lane = session.lane
        self.handler = handler
        self.shard = shard
        self.data = data
        namespace = request.namespace
        handshake = request.handshake
        loop = shard.loop
        recoveryID = recovery?.id
        lastOffset = recovery?.offset ?? 0
    }

    // MARK: Sending

    /// Sends an event. A volatile one is dropped when the client lags.
    public func emit(_ event: String, _ arguments: SocketArguments = .none, isVolatile: Bool = false) {
        let packet = SocketPacket.event(event, arguments, namespace: namespace)
        send(recoveryID != nil && packet.endsWithString ? packet.marked(with: lastOffset) : packet, isVolatile: isVolatile)
    }

    /// Sends an event and waits for its acknowledgement.
    /// - Throws: `SocketAckError` when none came in time, or the socket left.
    public func call(
        _ event: String, _ arguments: SocketArguments = .none, timeout: Duration
    ) async throws(SocketAckError) -> SocketArguments {
        loop.preconditionOnLoop()
        guard isConnected else { throw SocketAckError() }
        let id = nextAck
        nextAck += 1
        let promise = LoopPromise<SocketPacket?>()
        pendingAcks[id] = promise
        let timer = loop.schedule(afterNanoseconds: timeout.nanoseconds) { promise.succeed(nil) }
        send(.event(event, arguments, namespace: namespace, id: id))
        let answer = await promise.value()
        timer.cancel()
        pendingAcks[id] = nil
        guard let answer else { throw SocketAckError() }
        return answer.arguments
    }

    func send(_ packet: SocketPacket, isVolatile: Bool = false) {
        loop.preconditionOnLoop()
        guard isConnected else { return }
        shard.settle()
        connection?.send(packet, isVolatile: isVolatile)
    }

    /// Sends what was encoded once for many; at the end of the tick, or now when nothing for the same socket follows.
    func deliver(_ broadcast: Broadcast, now: Bool = false) {
        guard held == nil else {
            hold(broadcast)
            return
        }
        guard recoveryID != nil else { return send(broadcast.plain, now) }
        if let offset = broadcast.offset, let marked = broadcast.marked {
            // Offsets only rise; one that does not was among the missed and has been on its way from another loop since.
            guard offset > lastOffset else { return }
            lastOffset = offset
            send(marked, now)
        } else if broadcast.packet.endsWithString {
            send(EncodedPacket(broadcast.packet.marked(with: lastOffset), isVolatile: broadcast.target.isVolatile), now)
        } else {
            send(broadcast.plain, now)
        }
    }

    /// Keeps a broadcast for later. When they are many, those in the log are let go: they will be read from it.
    private func hold(_ broadcast: Broadcast) {
        if isBehindLog, broadcast.offset != nil { return }
        held?.append(broadcast)
        heldBytes += broadcast.plain.payload.count
        let limit = shard.configuration.engine.maximumQueuedBytes
        guard let count = held?.count, count > Self.maximumHeld || heldBytes > limit else { return }
        isBehindLog = true
        held?.removeAll { $0.offset != nil || $0.target.isVolatile }
        heldBytes = held?.reduce(0) { $0 + $1.plain.payload.count } ?? 0
        guard let left = held?.count, left > Self.maximumHeld / 2 || heldBytes > limit / 2 else { return }
        connection?.session.close(.slowClient)
    }

    private func send(_ packet: EncodedPacket, _ now: Bool = false) {
        if isConnected { session.send(packet, now: now) }
    }

    // MARK: Recovery

    var takesBroadcasts: Bool { isConnected && (isActive || held != nil) }

    /// Changes when the socket becomes active or lets go what it held, of which the shard hears by `refresh`.
    var fastPath: FastPath {
        guard isConnected, isActive, held == nil else { return .none }
        return FastPath(lane: lane, recovers: recoveryID != nil)
    }

    /// The same for a broadcast that goes on in a later tick.
    func fastPath(in stamp: UInt64) -> FastPath { self.stamp == stamp ? .none : fastPath }

    /// Notes logged broadcasts as sent; false when any of them may have been before.
    func advance(_ offsets: ClosedRange<Int64>) -> Bool {
        guard offsets.lowerBound > lastOffset else { return false }
        lastOffset = offsets.upperBound
        return true
    }

    func holdBroadcasts() { held = [] }

    func replay(_ message: LoggedMessage) {
        lastOffset = message.offset
        send(message.packet)
    }

    /// The client has, or need not have, all that was logged up to `offset`.
    func advance(to offset: Int64) { lastOffset = max(lastOffset, offset) }

    /// The log is read again, so that what is logged from now on is held again.
    func catchUp() { isBehindLog = false }

    /// Lets go what came during recovery, without what was among the missed.
    func releaseBroadcasts() {
        let waiting = held ?? []
        held = nil
        for broadcast in waiting { deliver(broadcast) }
        shard.refresh(self)
    }

    /// Another connection continues this session.
    func takenOver() {
        recoveryID = nil
        connection?.session.close(.transportClose)
    }

    // MARK: Rooms

    /// Enters a room. Returns when broadcasts of all hubs reach this one; false when that is not certain (the other hubs can't be
    /// reached), or when the socket is in too many rooms.
    @discardableResult
    public func join(_ room: String) async -> Bool {
        loop.preconditionOnLoop()
        guard isConnected, memberships[room] != nil || memberships.count <= shard.maximumRooms else { return false }
        // Noted before it is entered: what is lost from then on will be repeated.
        if let recoveryID, memberships[room] == nil {
            guard await shard.recovery?.joined(recoveryID, room) ?? true, isConnected else { return false }
        }
        return await shard.join(self, room)
    }

    /// Leaves a room; nothing happens when the socket is not in it.
    public func leave(_ room: String) {
        loop.preconditionOnLoop()
        if let recoveryID, memberships[room] != nil { shard.recovery?.left(recoveryID, room) }
        shard.leave(self, room)
    }

    /// Whether the socket has entered the room.
    public func isIn(_ room: String) -> Bool { memberships[room] != nil }
    /// The rooms it has entered; its own, which bears its id, is not among them.
    public var rooms: [String] { memberships.keys.filter { !$0.isEmpty && $0 != id } }

    // MARK: Receiving

    /// Queues an event behind those still being handled; false when the client sends faster than it is served.
    func receive(event packet: SocketPacket, limit: Int) -> Bool {
        inboxBytes += packet.json.count + packet.attachments.reduce(64) { $0 + $1.count }
        guard inboxBytes <= limit else { return false }
        inbox.append(packet)
        process()
        return true
    }

    /// Starts handling what is queued; `connected` comes first.
    func start() {
        isProcessing = true
        loop.spawn { [self] in
            await handler.connected(self)
            await drain()
        }
    }

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        loop.spawn { [self] in await drain() }
    }

    private func drain() async {
        while !inbox.isEmpty {
            let batch = inbox
            inbox = []
            inboxBytes = 0
            for packet in batch where handlesEvents {
                await handler.received(SocketEvent(packet, packet.id.map { SocketReply(self, $0) }), from: self)
            }
        }
        isProcessing = false
        if let farewell {
            self.farewell = nil
            handler.disconnected(self, farewell)
        }
    }

    /// What a client sent before it left is handled like everything else; what it sent before it was sent away is not.
    private var handlesEvents: Bool {
        switch farewell {
        case nil: isConnected
        case .serverNamespaceDisconnect, .connection(.forcedServerClose), .connection(.slowClient): false
        default: true
        }
    }

    /// An unknown id is ignored, as the protocol asks.
    func receive(ack packet: SocketPacket) {
        guard let id = packet.id else { return }
        pendingAcks.removeValue(forKey: id)?.succeed(packet)
    }

    // MARK: Leaving

    /// Sends the client away from this namespace; it will not reconnect by itself. With `closingConnection` all its namespaces end.
    public func disconnect(closingConnection: Bool = false) {
        loop.preconditionOnLoop()
        guard isConnected else { return }
        if closingConnection {
            connection?.disconnect()
        } else {
            send(SocketPacket(.disconnect, namespace: namespace))
            connection?.forget(self)
            left(.serverNamespaceDisconnect)
        }
    }

    func left(_ reason: SocketDisconnectReason) {
        guard isConnected else { return }
        isConnected = false
        shard.remove(self)
        if let recoveryID {
            shard.live.remove(recoveryID, self)
            shard.recovery?.release(recoveryID, forGood: reason == .clientNamespaceDisconnect || reason == .serverNamespaceDisconnect)
        }
        let waiting = pendingAcks
        pendingAcks = [:]
        for promise in waiting.values { promise.succeed(nil) }
        connection = nil
        // A connection lost while its rooms were being subscribed was never announced to the application.
        guard isActive else { return }
        if isProcessing { farewell = reason } else { handler.disconnected(self, reason) }
    }
}
