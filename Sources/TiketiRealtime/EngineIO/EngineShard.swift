// The sessions of one loop. Other loops hop here once per request.
import Synchronization
import TiketiNet

/// Counters of all shards, for metrics.
public final class EngineStatistics: Sendable {
    /// Sessions opened so far.
    public let opened = Atomic<Int>(0)
    /// Open sessions.
    public let current = Atomic<Int>(0)
    /// Changes from polling to WebSocket so far.
    public let upgrades = Atomic<Int>(0)
    /// Volatile packets dropped for clients that lag.
    public let dropped = Atomic<Int>(0)
    /// Open sessions whose transport is a WebSocket; the others poll.
    public let websockets = Atomic<Int>(0)
    /// Unsent bytes of all sessions, as of some seconds ago.
    public let queuedBytes = Atomic<Int>(0)
    /// Messages passed over because they were nested too deeply.
    public let refusedMessages = Atomic<Int>(0)
    private let refusals = Locked<[EngineRefusal: Int]>([:])
    private let ended = Locked<[EngineCloseReason: Int]>([:])

    func closed(_ reason: EngineCloseReason) { ended.withLock { $0[reason, default: 0] += 1 } }

    func refused(_ refusal: EngineRefusal) { refusals.withLock { $0[refusal, default: 0] += 1 } }

    /// Handshakes turned away, by cause.
    public var refusedByCause: [EngineRefusal: Int] { refusals.withLock { $0 } }

    /// Ended sessions by reason.
    public var closedByReason: [EngineCloseReason: Int] { ended.withLock { $0 } }
}

/// `@unchecked Sendable` because `sessions` is used on `loop` only.
final class EngineShard: @unchecked Sendable {
    let loop: EventLoop
    let configuration: EngineConfiguration
    let statistics: EngineStatistics
    /// What is held for single lagging clients of all shards beyond their shares.
    let backlog: UnfinishedBytes
    private let makeHandler: @Sendable (EngineSession) -> any EngineHandler
    private var sessions: [String: EngineSession] = [:]
    /// Open sessions, for other loops.
    let load = Atomic<Int>(0)
    private var isDraining = false
    private var sampler: LoopTimer?
    /// This shard's part of the queued bytes.
    private var sampled = 0
    private static let sampling = Duration.seconds(5)

    init(
        loop: EventLoop, configuration: EngineConfiguration, statistics: EngineStatistics, backlog: UnfinishedBytes,
        makeHandler: @escaping @Sendable (EngineSession) -> any EngineHandler
    ) {
        self.loop = loop
        self.configuration = configuration
        self.statistics = statistics
        self.backlog = backlog
        self.makeHandler = makeHandler
    }

    func session(_ id: String) -> EngineSession? { sessions[id] }

    /// A new session and its open packet; nil while draining.
    func open(_ transport: EngineStateMachine.Transport, _ handshake: EngineHandshake, sendsBase64: Bool) -> (EngineSession, EncodedPacket)?
    {
        guard !isDraining else { return nil }
        let id = EngineSessionID(node: configuration.node, loop: loop.index).text
        let session = EngineSession(id: id, shard: self, transport: transport, handshake: handshake, sendsBase64: sendsBase64)
        sessions[id] = session
        if sampler == nil { sampler = loop.schedule(afterNanoseconds: Self.sampling.nanoseconds) { [self] in sample() } }
        if transport == .websocket { statistics.websockets.add(1, ordering: .relaxed) }
        load.add(1, ordering: .relaxed)
        statistics.opened.add(1, ordering: .relaxed)
        statistics.current.add(1, ordering: .relaxed)
        let upgrades = transport == .polling && configuration.allowsWebSocket ? "[\"websocket\"]" : "[]"
        let packet = EncodedPacket.open(
            "{\"sid\":\"\(id)\",\"upgrades\":\(upgrades),\"pingInterval\":\(configuration.pingInterval.wholeMilliseconds),"
                + "\"pingTimeout\":\(configuration.pingTimeout.wholeMilliseconds),\"maxPayload\":\(configuration.maxPayload)}")
        session.start(makeHandler(session))
        return (session, packet)
    }

    func remove(_ session: EngineSession) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        load.subtract(1, ordering: .relaxed)
        if session.transport == .websocket { statistics.websockets.subtract(1, ordering: .relaxed) }
        statistics.current.subtract(1, ordering: .relaxed)
    }

    /// Adds up what waits for clients; nothing is kept running for an empty shard.
    private func sample() {
        let bytes = sessions.values.reduce(0) { $0 + $1.queuedBytes }
        statistics.queuedBytes.add(bytes - sampled, ordering: .relaxed)
        sampled = bytes
        if sessions.isEmpty { sampler = nil } else { sampler?.rearm(afterNanoseconds: Self.sampling.nanoseconds) }
    }

    var count: Int { sessions.count }

    /// Refuses new sessions and ends `count` of those that are left; returns how many remain.
    func drain(_ count: Int) -> Int {
        isDraining = true
        for session in Array(sessions.values.prefix(count)) {
            session.disconnect(.serverShuttingDown)
            // A polling client that is between polls fetches its farewell or not; it does not hold up the drain.
            sessions[session.id].map(remove)
        }
        return sessions.count
    }
}
