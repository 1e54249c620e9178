// The seam between a hub and its like: which rooms live here, and broadcasts both ways.
import TiketiNet

/// Connects hubs. All calls may come from any loop.
public protocol HubAdapter: Sendable {
    /// This process among the hubs.
    var uid: String { get }
    /// Called once, before anything else.
    func start(_ hub: HubReference, namespaces: [String])
    /// A room got its first member on `loop`. `ready` is called on that loop as soon as broadcasts to the room arrive (true), or when that
    /// can't be promised now (false; the adapter goes on trying).
    func roomAppeared(_ room: String, namespace: String, loop: EventLoop, _ ready: @escaping @Sendable (Bool) -> Void)
    /// The room's last member on `loop` has left.
    func roomVanished(_ room: String, namespace: String, loop: EventLoop)
    /// Sends a broadcast to the other hubs.
    func publish(_ event: String, _ arguments: SocketArguments, namespace: String, to target: BroadcastTarget)
    /// Leaves the other hubs: nothing comes or goes any more.
    func stop()
}

extension HubAdapter {
    var recovery: (any SocketRecovery)? { (self as? any RecoveringAdapter)?.sessions }
}

/// An adapter that keeps sessions and a log as well.
protocol RecoveringAdapter: HubAdapter {
    var sessions: any SocketRecovery { get }
}

/// Names of hubs: six characters, as Node's adapter draws them.
enum HubID {
    static func random() -> String { String(Base64.encodeURL(SecureRandom.bytes(6)).prefix(6)) }
}

/// The local sockets as an adapter sees them.
public struct HubReference: Sendable {
    let shards: [HubShard]
    let deflate: WebSocketDeflateOptions?
    let live: LiveSessions
    let recovery: SocketRecoveryMode

    /// The loops on which sockets live.
    public var loops: [EventLoop] { shards.map(\.loop) }

    /// Runs `body` on every loop and returns what it found there.
    func onShards<Value: Sendable>(_ body: @escaping @Sendable (HubShard) async -> Value) async -> [Value] {
        await withTaskGroup(of: Value?.self) { group in
            for shard in shards { group.addTask { try? await shard.loop.run { await body(shard) } } }
            return await group.reduce(into: []) { values, value in if let value { values.append(value) } }
        }
    }

    /// Encodes once and hands the bytes to the given loops (all when nil).
    func broadcast(_ packet: SocketPacket, _ target: BroadcastTarget, offset: Int64? = nil, loops: Set<Int>? = nil) {
        let broadcast = Broadcast(packet, target, offset: offset, recovery: recovery, deflate: deflate)
        for shard in shards where loops?.contains(shard.loop.index) ?? true {
            shard.loop.perform { shard.broadcast(broadcast) }
        }
    }
}
