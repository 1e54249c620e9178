// One client in one namespace: emits, rooms, acknowledgements both ways. Lives and dies on its connection's loop.
import TiketiNet

/// `@unchecked Sendable` because it is confined to `loop`, which every entry point asserts in debug builds.
public final class Socket: @unchecked Sendable {
    /// Public; not the Engine.IO session's id, which is a secret.
    public let id: String
    public let namespace: String
    public let loop: EventLoop
    public let handshake: EngineHandshake
    /// What `authorize` gave it.
    public let data: (any Sendable)?

    private let handler: any SocketNamespace
    private weak var connection: SocketConnection?
    private let shard: NamespaceShard
    private(set) var isConnected = true
    /// Whether the client has been told that it is connected: nothing is sent before.
    var isActive = false
    var memberships: [String: Membership] = [:]
    /// Mark of the last broadcast that considered this socket; makes a socket in several of its rooms get it once.
    var stamp: UInt64 = 0

    private var inbox: [SocketPacket] = []
    private var inboxBytes = 0
    private var isProcessing = false
    private var nextAck: UInt64 = 0
    private var pendingAcks: [UInt64: LoopPromise<SocketPacket?>] = [:]

    struct Membership {
        let room: Room
        var index: Int
    }

    init(
        id: String, connection: SocketConnection, request: SocketConnectRequest, handler: any SocketNamespace, shard: NamespaceShard,
        data: (any Sendable)?
    ) {
        self.id = id
        self.connection = connection
        self.handler = handler
        self.shard = shard
        self.data = data
        namespace = request.namespace
        handshake = request.handshake
        loop = shard.loop
    }

    // MARK: Sending

    /// Sends an event. A volatile one is dropped when the client lags.
    public func emit(_ event: String, _ arguments: SocketArguments = .none, isVolatile: Bool = false) {
        send(.event(event, arguments, namespace: namespace), isVolatile: isVolatile)
    }

    /// Sends an event and waits for its acknowledgement.
    public func call(_ event: String, _ arguments: SocketArguments = .none, timeoutMilliseconds: Int) async throws(SocketAckError)
        -> SocketArguments
    {
        loop.preconditionOnLoop()
        guard isConnected else { throw SocketAckError() }
        let id = nextAck
        nextAck += 1
        let promise = LoopPromise<SocketPacket?>()
        pendingAcks[id] = promise
        let timer = loop.schedule(afterNanoseconds: UInt64(timeoutMilliseconds) * 1_000_000) { promise.succeed(nil) }
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
        connection?.send(packet, isVolatile: isVolatile)
    }

    /// Sends what was encoded once for many.
    func deliver(_ packet: EncodedPacket) { connection?.session.send(packet) }

    // MARK: Rooms

    /// Enters a room. Returns when broadcasts of all hubs reach this one; false when that is not certain (the other hubs can't be reached).
    @discardableResult
    public func join(_ room: String) async -> Bool {
        loop.preconditionOnLoop()
        guard isConnected else { return false }
        return await shard.join(self, room)
    }

    public func leave(_ room: String) {
        loop.preconditionOnLoop()
        shard.leave(self, room)
    }

    public func isIn(_ room: String) -> Bool { memberships[room] != nil }
    public var rooms: [String] { memberships.keys.filter { !$0.isEmpty } }

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
            for packet in batch where isConnected {
                await handler.received(SocketEvent(packet, packet.id.map { SocketReply(self, $0) }), from: self)
            }
        }
        isProcessing = false
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
            connection?.session.disconnect(.forcedServerClose)
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
        let waiting = pendingAcks
        pendingAcks = [:]
        for promise in waiting.values { promise.succeed(nil) }
        // A connection lost while its rooms were being subscribed was never announced to the application.
        if isActive { handler.disconnected(self, reason) }
    }
}
