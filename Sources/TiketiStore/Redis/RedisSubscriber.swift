// Pub/sub on a connection of its own: what was subscribed stays subscribed through every reconnection.
import TiketiNet

/// Receives published messages on one event loop. Messages published while the connection is away are lost, as Redis keeps none:
/// `onReconnect` says when that may have happened, after everything is subscribed again.
public final class RedisSubscriber: Sendable {
    private let connection: RedisSubscription

    /// Connects at once, and again whenever the connection breaks, until `close`. Both closures run on `loop`.
    /// - Parameter onMessage: a message and the channel it was published to (also for patterns; a channel matched twice reports twice).
    public init(
        _ configuration: RedisConfiguration, loop: EventLoop, onReconnect: @escaping @Sendable () -> Void = {},
        onMessage: @escaping @Sendable (_ channel: String, _ payload: [UInt8]) -> Void
    ) {
        let connection = RedisSubscription(configuration, loop: loop, onReconnect: onReconnect, onMessage: onMessage)
        self.connection = connection
        loop.execute { connection.start() }
    }

    /// Subscribes to channels, now if connected, else as soon as it is. From any thread.
    public func subscribe(_ channels: [String]) { change(true, .channel, channels) }
    /// The same for one channel.
    public func subscribe(_ channel: String) { subscribe([channel]) }
    func unsubscribe(_ channels: [String]) { change(false, .channel, channels) }
    /// Messages of the channel stop once the server has heard; one on its way still arrives.
    public func unsubscribe(_ channel: String) { unsubscribe([channel]) }

    /// The same for channels of sharded pub/sub, which hear what `SPUBLISH` sends. They are never confirmed by servers before Redis 7.
    public func ssubscribe(_ channels: [String]) { change(true, .shard, channels) }
    /// The end of ``ssubscribe(_:)``.
    public func sunsubscribe(_ channel: String) { change(false, .shard, [channel]) }

    /// The same for glob-style patterns such as `socket.io#/#*`.
    public func psubscribe(_ pattern: String) { change(true, .pattern, [pattern]) }
    /// The end of ``psubscribe(_:)``; the pattern must be written the same.
    public func punsubscribe(_ pattern: String) { change(false, .pattern, [pattern]) }

    /// Returns when the server has confirmed everything subscribed so far; false when the time is over or the subscriber is closed.
    @discardableResult
    public func waitUntilSubscribed(timeout: Duration = .seconds(5)) async -> Bool {
        let connection = connection
        let result = try? await connection.loop.run { await connection.waitUntilSubscribed(timeout) }
        return result ?? false
    }

    /// Subscribes to one channel and returns when the server has confirmed it; false when the time is over (it stays wanted) or the
    /// subscriber is closed.
    /// - Parameter isSharded: whether it is a channel of sharded pub/sub.
    public func subscribe(_ channel: String, isSharded: Bool = false, waiting timeout: Duration) async -> Bool {
        let connection = connection
        let kind: RedisSubscription.Kind = isSharded ? .shard : .channel
        if connection.loop.isCurrent { return await connection.subscribe(channel, kind, timeout) }
        return (try? await connection.loop.run { await connection.subscribe(channel, kind, timeout) }) ?? false
    }

    /// Ends the connection for good; no closure is called any more. From any thread.
    public func close() {
        let connection = connection
        connection.loop.execute { connection.close() }
    }

    private func change(_ wanted: Bool, _ kind: RedisSubscription.Kind, _ names: [String]) {
        let connection = connection
        connection.loop.execute { connection.change(wanted, kind, names) }
    }
}
