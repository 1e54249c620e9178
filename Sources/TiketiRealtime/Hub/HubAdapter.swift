// The seam between a hub and its like: which rooms live here, and broadcasts both ways.
import TiketiNet

/// Connects hubs. All calls may come from any loop.
public protocol HubAdapter: Sendable {
    /// Called once, before anything else.
    func start(_ hub: HubReference, namespaces: [String])
    /// A room got its first member on `loop`. `ready` is called on that loop as soon as broadcasts to the room arrive (true), or when that
    /// can't be promised now (false; the adapter goes on trying).
    func roomAppeared(_ room: String, namespace: String, loop: EventLoop, _ ready: @escaping @Sendable (Bool) -> Void)
    /// The room's last member on `loop` has left.
    func roomVanished(_ room: String, namespace: String, loop: EventLoop)
    /// Sends a broadcast to the other hubs.
    func publish(_ event: String, _ arguments: SocketArguments, namespace: String, to target: BroadcastTarget)
    func stop()
}

/// The local sockets as an adapter sees them.
public struct HubReference: Sendable {
    let shards: [HubShard]
    let deflate: WebSocketDeflateOptions?

    public var loops: [EventLoop] { shards.map(\.loop) }

    /// Encodes once and hands the bytes to the given loops (all when nil).
    func broadcast(_ packet: SocketPacket, _ target: BroadcastTarget, loops: Set<Int>? = nil) {
        let encoded = EncodedPacket(packet, isVolatile: target.isVolatile, deflate: deflate)
        let namespace = packet.namespace
        for shard in shards where loops?.contains(shard.loop.index) ?? true {
            if shard.loop.isCurrent {
                shard.broadcast(encoded, namespace, target)
            } else {
                shard.loop.execute { shard.broadcast(encoded, namespace, target) }
            }
        }
    }
}
