// A Socket.IO 4 server (protocol 5 over Engine.IO 4): hand it the requests under its path, give it namespaces, emit to rooms.
import TiketiNet

/// How a Socket.IO server behaves.
public struct SocketIOConfiguration: Sendable {
    /// The layer below.
    public var engine = EngineConfiguration()
    /// A connection that joins no namespace in this time is closed.
    public var connectTimeout: Duration = .seconds(45)
    /// Attachments of one packet.
    public var maximumAttachments = 10
    /// Bytes of events that may wait for the application, per socket.
    public var maximumInboxBytes = 2_097_152
    /// Rooms of one socket.
    public var maximumRooms = 1_000
    /// Packets that may wait for the decision about their namespace.
    public var maximumWaitingPackets = 64

    /// Deliveries of a broadcast per tick of a loop: pings and requests must not wait behind a whole hall.
    public var deliveriesPerTick = 512
    /// Whether deliveries go to the kernel together (io_uring) where it allows that.
    public var usesRing = true
    /// Connection state recovery; needs an adapter that keeps sessions.
    public var recovery = SocketRecoveryMode.off
    /// Hears how many nanoseconds a broadcast took on one loop, from its arrival to the last delivery.
    public var onFanout: (@Sendable (UInt64) -> Void)?

    /// The defaults of Node's server, and bounds of our own.
    public init() {}
}

/// One hub: its sockets, rooms and namespaces on all loops of a group. Safe from any thread.
public final class SocketIOServer: Sendable {
    /// What it was made with.
    public let configuration: SocketIOConfiguration
    let namespaces: [String: any SocketNamespace]
    let shards: [HubShard]
    let live = LiveSessions()
    /// What came of clients' attempts to continue a session.
    public let recoveryStatistics = SocketRecoveryStatistics()
    /// Who keeps sessions; nil when recovery is off.
    let recovery: (any SocketRecovery)?
    /// This process among the hubs, and what its sockets' ids begin with.
    let hubID: String
    private let adapter: (any HubAdapter)?
    /// Set once in `init`, because the engine's sessions call back into this object.
    nonisolated(unsafe) private var engine: EngineServer!

    /// - Parameters:
    ///   - group: the loops to serve on.
    ///   - adapter: joins this hub with its like; alone without one.
    ///   - namespaces: the application's rules by name, such as `/`.
    public init(
        _ configuration: SocketIOConfiguration = SocketIOConfiguration(), group: EventLoopGroup, adapter: (any HubAdapter)? = nil,
        namespaces: [String: any SocketNamespace]
    ) {
        self.configuration = configuration
        self.namespaces = namespaces
        self.adapter = adapter
        hubID = adapter?.uid ?? HubID.random()
        let recovery = configuration.recovery == .off ? nil : adapter?.recovery
        self.recovery = recovery
        let live = live
        shards = group.loops.map {
            HubShard(loop: $0, adapter: adapter, configuration: configuration, recovery: recovery, live: live)
        }
        engine = EngineServer(configuration.engine, group: group) { [unowned self] session in
            SocketConnection(session, self, shards[session.loop.index])
        }
        if !configuration.usesRing { for loop in group.loops { loop.execute { loop.lanes.usesRing = false } } }
        adapter?.start(hub, namespaces: Array(namespaces.keys))
    }

    private var hub: HubReference {
        HubReference(
            shards: shards, deflate: configuration.engine.deflate, live: live, recovery: recovery == nil ? .off : configuration.recovery)
    }

    func newSocketID() -> String { hubID + Base64.encodeURL(SecureRandom.bytes(12)).prefix(14) }

    func isOwn(_ sid: String) -> Bool { sid.hasPrefix(hubID) }

    /// Whether a request is this server's to answer.
    public func owns(_ path: String) -> Bool { path.hasPrefix(configuration.engine.path) }

    /// Answers a request that `owns` accepted. Polls are held until there is something to say.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse { await engine.handle(request) }

    /// Emits to every matching socket of every hub. From any thread.
    public func emit(
        _ event: String, _ arguments: SocketArguments = .none, namespace: String = "/", to target: BroadcastTarget = BroadcastTarget()
    ) {
        // What is logged comes back with its offset.
        if recovery == nil || target.isVolatile { emitLocally(event, arguments, namespace: namespace, to: target) }
        adapter?.publish(event, arguments, namespace: namespace, to: target)
    }

    /// Emits to the matching sockets of this process only.
    public func emitLocally(
        _ event: String, _ arguments: SocketArguments = .none, namespace: String = "/", to target: BroadcastTarget = BroadcastTarget()
    ) {
        hub.broadcast(SocketPacket.event(event, arguments, namespace: namespace), target)
    }

    /// Counters of connections.
    public var statistics: EngineStatistics { engine.statistics }

    /// Event loops that have broadcast and whose kernel takes the deliveries together.
    public var rings: Int { shards.count { $0.loop.lanes.hasRing } }

    /// What messages, packets and POSTs hold whose end has not come.
    public var unfinished: UnfinishedBytes { engine.unfinished }

    /// Refuses new clients and sends the others away in waves; they reconnect elsewhere.
    /// - Parameter time: Of all waves together; zero for all at once.
    public func drain(over time: Duration) async {
        await engine.drain(over: time)
        adapter?.stop()
    }
}
