// Joins hubs through Redis in the formats of Node's adapters, with an exact subscription per room that has a member here.
import TiketiJSON
import TiketiNet
import TiketiStore

/// Keeps one subscriber connection per process, on the group's first loop; which rooms live on which loop is known there.
public final class RedisHubAdapter: RecoveringAdapter {
    /// Six characters, as Node's adapter draws them; tells our own publications from others'.
    public let uid: String
    private let core: RedisHubCore
    private let redis: RedisClient
    private let logsMessages: Bool
    private let wire: HubWire
    let sessions: any SocketRecovery

    /// - Parameters:
    ///   - wire: the format that all hubs and emitters of this Redis share.
    ///   - logsMessages: whether messages are kept for clients that come back; the log also gives them their order.
    ///   - onGap: called when the connection was away, so that broadcasts may have been missed.
    public init(
        _ configuration: RedisConfiguration, client: RedisClient, group: EventLoopGroup, wire: HubWire = .classic,
        logsMessages: Bool = false,
        onGap: @escaping @Sendable () -> Void = {}
    ) {
        uid = HubID.random()
        redis = client
        self.logsMessages = logsMessages
        self.wire = wire
        let store = RedisSessionStore(client, hub: uid)
        sessions = store
        core = RedisHubCore(
            configuration, client, loop: group.loops[0], uid: uid, wire: wire, log: logsMessages ? (client, store) : nil, onGap: onGap)
    }

    /// Subscribes to the namespaces; connects, and connects again, by itself.
    public func start(_ hub: HubReference, namespaces: [String]) {
        let core = core
        core.loop.execute { core.start(hub, namespaces) }
    }

    /// Subscribes to the room's channel, for at most two seconds before `ready` hears false.
    public func roomAppeared(_ room: String, namespace: String, loop: EventLoop, _ ready: @escaping @Sendable (Bool) -> Void) {
        let core = core
        core.loop.execute {
            core.appeared(room, namespace, loop.index) { isLive in loop.execute { ready(isLive) } }
        }
    }

    /// Lets the room's subscription go when nobody enters it again within five seconds.
    public func roomVanished(_ room: String, namespace: String, loop: EventLoop) {
        let core = core
        core.loop.execute { core.vanished(room, namespace, loop.index) }
    }

    /// Publishes once; a loss of Redis is not reported, clients repair by version.
    public func publish(_ event: String, _ arguments: SocketArguments, namespace: String, to target: BroadcastTarget) {
        let list = [UInt8(ascii: "[")] + arguments.json + [UInt8(ascii: "]")]
        guard let values = MessagePackValue(json: list, attachments: arguments.attachments)?.array else { return }
        var message = HubMessage(uid: uid, namespace: namespace, data: [.string(event)] + values, target: target)
        let redis = redis
        let core = core
        guard logsMessages, !target.isVolatile else {
            message.offset = logsMessages ? 0 : nil
            // Losing Redis loses the broadcast elsewhere; local sockets have theirs.
            core.loop.spawn { [message, wire] in _ = try? await redis.send(wire.command(message)) }
            return
        }
        core.loop.spawn { [message, wire] in
            do throws(RedisError) {
                _ = try await redis.send(EventLog.command([message], wire))
            } catch {
                // It may or may not have been logged and published; when the server is away, local sockets have at least this.
                if error.code != .timeout, error.code != .connectionLost { core.deliverLocally(message) }
            }
        }
    }

    /// Closes the subscriber for good.
    public func stop() {
        let core = core
        core.loop.execute { core.stop() }
    }
}

/// `@unchecked Sendable` because it is confined to `loop`: the adapter and the subscriber enter on it only.
final class RedisHubCore: @unchecked Sendable {
    let loop: EventLoop
    private let configuration: RedisConfiguration
    private let redis: RedisClient
    private let uid: String
    private let wire: HubWire
    private var requests: HubRequests?
    private var shardedRequests: ShardedRequests?
    /// The namespace of each request channel.
    private var requestChannels: [String: String] = [:]
    private let log: (redis: RedisClient, sessions: RedisSessionStore)?
    private let onGap: @Sendable () -> Void
    private(set) var hub: HubReference?
    private var subscriber: RedisSubscriber?
    private var channels: [String: Presence] = [:]
    /// What the channels of this hub's sockets begin with.
    private var patterns: [String] = []
    /// The log's last offset before the namespaces' channels were subscribed.
    private var floor: Int64 = 0
    private var adoption: MessageAdoption?
    private var renewal: LoopTimer?
    /// A room left and entered again within this time keeps its subscription.
    private static let linger = Duration.seconds(5)
    private static let subscribeTimeout: Duration = .seconds(2)

    private final class Presence {
        var loops: Set<Int> = []
        var timer: LoopTimer?
        /// The log's last offset before the channel was subscribed; nil until it is known.
        var floor: Int64?
    }

    init(
        _ configuration: RedisConfiguration, _ redis: RedisClient, loop: EventLoop, uid: String, wire: HubWire,
        log: (RedisClient, RedisSessionStore)?,
        onGap: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.redis = redis
        self.loop = loop
        self.uid = uid
        self.wire = wire
        self.log = log
        self.onGap = onGap
    }

    func start(_ hub: HubReference, _ namespaces: [String]) {
        self.hub = hub
        let subscriber = RedisSubscriber(configuration, loop: loop, onReconnect: onGap) { [self] channel, payload in
            receive(channel, payload)
        }
        self.subscriber = subscriber
        if wire.isSharded {
            shardedRequests = ShardedRequests(sockets: HubSockets(hub: hub), redis: redis, uid: uid, wire: wire)
        } else {
            requests = HubRequests(sockets: HubSockets(hub: hub), redis: redis, uid: uid)
            for namespace in namespaces { requestChannels[HubRequests.channel(namespace)] = namespace }
            subscriber.subscribe(Array(requestChannels.keys))
            patterns = namespaces.map { "\(HubWire.prefix)#\($0)#\(uid)" }
        }
        guard let log else { return subscribe(namespaces) }
        subscriber.subscribe(RedisSessionStore.ownerChannel(uid))
        adoption = MessageAdoption(log.redis, loop: loop, hub: uid, wire: wire) { [weak self] message, offset in
            self?.deliver(message, offset)
        }
        loop.spawn { [self] in
            floor = await EventLog.lastOffset(log.redis)
            subscribe(namespaces)
        }
        renewal = loop.schedule(afterNanoseconds: RedisSessionStore.renewal.nanoseconds) { [weak self, live = hub.live] in
            let pids = live.ids
            self?.loop.spawn { await log.sessions.renew(pids) }
            self?.renewal?.rearm(afterNanoseconds: RedisSessionStore.renewal.nanoseconds)
        }
    }

    private func subscribe(_ namespaces: [String]) {
        let channels = namespaces.map { wire.channel($0, rooms: []) }
        if wire.isSharded { subscriber?.ssubscribe(channels) } else { subscriber?.subscribe(channels) }
        // Every socket is the room of its id, and all ids of this hub begin alike: one pattern is enough for all of them.
        for pattern in patterns { subscriber?.psubscribe(pattern + "*") }
    }

    /// Whether what all loops hear anyway, a namespace's channel or the pattern of this hub's own sockets, brings the room's messages.
    /// Subscribed by its name as well, it would bring every message twice.
    private func isHeard(_ room: String, _ channel: String) -> Bool {
        !wire.hasChannel(room) || patterns.contains { channel.hasPrefix($0) }
    }

    func appeared(_ room: String, _ namespace: String, _ loopIndex: Int, _ ready: @escaping @Sendable (Bool) -> Void) {
        let channel = wire.channel(namespace, rooms: [room])
        guard !isHeard(room, channel) else {
            loop.spawn { [subscriber] in
                ready(await subscriber?.waitUntilSubscribed(timeout: Self.subscribeTimeout) ?? false)
            }
            return
        }
        let presence = channels[channel] ?? Presence()
        channels[channel] = presence
        presence.timer?.cancel()
        presence.timer = nil
        presence.loops.insert(loopIndex)
        guard let subscriber else { return ready(false) }
        // The presence is used on this loop only.
        nonisolated(unsafe) let awaited = presence
        loop.spawn { [log, wire] in
            if let log, awaited.floor == nil { awaited.floor = await EventLog.lastOffset(log.redis) }
            ready(await subscriber.subscribe(channel, isSharded: wire.isSharded, waiting: Self.subscribeTimeout))
        }
    }

    func vanished(_ room: String, _ namespace: String, _ loopIndex: Int) {
        let channel = wire.channel(namespace, rooms: [room])
        guard let presence = channels[channel] else { return }
        presence.loops.remove(loopIndex)
        guard presence.loops.isEmpty, presence.timer == nil else { return }
        presence.timer = loop.schedule(afterNanoseconds: Self.linger.nanoseconds) { [unowned self] in
            guard presence.loops.isEmpty else { return }
            channels[channel] = nil
            if wire.isSharded { subscriber?.sunsubscribe(channel) } else { subscriber?.unsubscribe(channel) }
        }
    }

    // MARK: Messages

    private func receive(_ channel: String, _ payload: [UInt8]) {
        if log != nil, channel == RedisSessionStore.ownerChannel(uid) { return letGo(String(decoding: payload, as: UTF8.self)) }
        if let namespace = requestChannels[channel], let requests {
            guard let request = HubMessage.read(payload) else { return }
            loop.spawn { await requests.handle(request, namespace) }
            return
        }
        guard let message = HubMessage(payload) else {
            guard let shardedRequests, let request = HubMessage.read(payload) else { return }
            loop.spawn { await shardedRequests.handle(request) }
            return
        }
        if let offset = message.offset, offset > 0 {
            // A logged message comes back to its sender as well: only now it has its place in the order.
            if let adoption { adoption.pass(message, offset) } else if message.uid != uid { deliver(message, nil) }
        } else if message.uid == uid {
            return
        } else if let adoption, message.offset == nil, !message.target.isVolatile {
            adoption.adopt(message, payload, floor: channels[wire.channel(of: message)]?.floor ?? floor)
        } else {
            deliver(message, nil)
        }
    }

    private func deliver(_ message: HubMessage, _ offset: Int64?) {
        // A room's channel concerns the loops that have the room; the namespace's channel concerns all.
        let loops = channels[wire.channel(of: message)]?.loops
        if let loops, loops.isEmpty { return }
        hub?.broadcast(message.packet(), message.target, offset: offset, loops: loops)
    }

    func deliverLocally(_ message: HubMessage) { deliver(message, nil) }

    /// Another hub continues a session of ours.
    private func letGo(_ pid: String) {
        guard let live = hub?.live else { return }
        loop.spawn { await live.takeOver(pid) }
    }

    func stop() {
        renewal?.cancel()
        renewal = nil
        subscriber?.close()
        subscriber = nil
        requests = nil
        shardedRequests = nil
        hub = nil
    }
}
