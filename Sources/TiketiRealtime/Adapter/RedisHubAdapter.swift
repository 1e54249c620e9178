// Joins hubs through Redis in the classic adapter's format, with an exact subscription per room that has a member here.
import TiketiNet
import TiketiStore

/// Keeps one subscriber connection per process, on the group's first loop; which rooms live on which loop is known there.
public final class RedisHubAdapter: HubAdapter {
    /// Six characters, as Node's adapter draws them; tells our own publications from others'.
    public let uid: String
    private let core: RedisHubCore
    private let redis: RedisClient

    /// - Parameter onGap: called when the connection was away, so that broadcasts may have been missed.
    public init(_ configuration: RedisConfiguration, client: RedisClient, group: EventLoopGroup, onGap: @escaping @Sendable () -> Void = {})
    {
        uid = String(Base64.encodeURL(SecureRandom.bytes(6)).prefix(6))
        redis = client
        core = RedisHubCore(configuration, loop: group.loops[0], uid: uid, onGap: onGap)
    }

    public func start(_ hub: HubReference, namespaces: [String]) {
        let core = core
        core.loop.execute { core.start(hub, namespaces) }
    }

    public func roomAppeared(_ room: String, namespace: String, loop: EventLoop, _ ready: @escaping @Sendable (Bool) -> Void) {
        let core = core
        let channel = ClassicMessage.channel(namespace, rooms: [room])
        core.loop.execute {
            core.appeared(channel, loop.index) { isLive in loop.execute { ready(isLive) } }
        }
    }

    public func roomVanished(_ room: String, namespace: String, loop: EventLoop) {
        let core = core
        let channel = ClassicMessage.channel(namespace, rooms: [room])
        core.loop.execute { core.vanished(channel, loop.index) }
    }

    public func publish(_ event: String, _ arguments: SocketArguments, namespace: String, to target: BroadcastTarget) {
        let list = [UInt8(ascii: "[")] + arguments.json + [UInt8(ascii: "]")]
        guard let values = MessagePackValue(json: list, attachments: arguments.attachments)?.array else { return }
        let message = ClassicMessage(uid: uid, namespace: namespace, data: [.string(event)] + values, target: target)
        let redis = redis
        // Losing Redis loses the broadcast elsewhere; local sockets have theirs.
        core.loop.spawn { _ = try? await redis.send(["PUBLISH", RedisArgument(message.channel), RedisArgument(message.encoded())]) }
    }

    public func stop() {
        let core = core
        core.loop.execute { core.stop() }
    }
}

/// `@unchecked Sendable` because it is confined to `loop`: the adapter and the subscriber enter on it only.
private final class RedisHubCore: @unchecked Sendable {
    let loop: EventLoop
    private let configuration: RedisConfiguration
    private let uid: String
    private let onGap: @Sendable () -> Void
    private var hub: HubReference?
    private var subscriber: RedisSubscriber?
    private var channels: [String: Presence] = [:]
    /// A room left and entered again within this time keeps its subscription.
    private static let lingerNanoseconds: UInt64 = 5_000_000_000
    private static let subscribeTimeout: UInt64 = 2_000_000_000

    private final class Presence {
        var loops: Set<Int> = []
        var timer: LoopTimer?
    }

    init(_ configuration: RedisConfiguration, loop: EventLoop, uid: String, onGap: @escaping @Sendable () -> Void) {
        self.configuration = configuration
        self.loop = loop
        self.uid = uid
        self.onGap = onGap
    }

    func start(_ hub: HubReference, _ namespaces: [String]) {
        self.hub = hub
        let subscriber = RedisSubscriber(configuration, loop: loop, onReconnect: onGap) { [self] channel, payload in
            receive(channel, payload)
        }
        subscriber.subscribe(namespaces.map { ClassicMessage.channel($0, rooms: []) })
        self.subscriber = subscriber
    }

    func appeared(_ channel: String, _ loopIndex: Int, _ ready: @escaping @Sendable (Bool) -> Void) {
        if let known = channels[channel] {
            known.timer?.cancel()
            known.timer = nil
            known.loops.insert(loopIndex)
        } else {
            let presence = Presence()
            presence.loops = [loopIndex]
            channels[channel] = presence
        }
        guard let subscriber else { return ready(false) }
        loop.spawn { ready(await subscriber.subscribe(channel, waitingNanoseconds: Self.subscribeTimeout)) }
    }

    func vanished(_ channel: String, _ loopIndex: Int) {
        guard let presence = channels[channel] else { return }
        presence.loops.remove(loopIndex)
        guard presence.loops.isEmpty, presence.timer == nil else { return }
        presence.timer = loop.schedule(afterNanoseconds: Self.lingerNanoseconds) { [unowned self] in
            guard presence.loops.isEmpty else { return }
            channels[channel] = nil
            subscriber?.unsubscribe(channel)
        }
    }

    private func receive(_ channel: String, _ payload: [UInt8]) {
        guard let hub, let message = ClassicMessage(payload), message.uid != uid else { return }
        // A room's channel concerns the loops that have the room; the namespace's channel concerns all.
        let loops = channels[channel]?.loops
        if let loops, loops.isEmpty { return }
        hub.broadcast(message.packet(), message.target, loops: loops)
    }

    func stop() {
        subscriber?.close()
        subscriber = nil
        hub = nil
    }
}
