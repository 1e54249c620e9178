// A subscription as a part of a process: closed when the process drains.
import TiketiStore

/// Closes a subscriber when the process stops.
public struct RedisListener: Service {
    private let subscriber: RedisSubscriber

    /// Takes over a subscriber that is connecting already; it is closed with the process.
    public init(_ subscriber: RedisSubscriber) { self.subscriber = subscriber }

    public func start() async throws {}

    public func stop() async { subscriber.close() }
}
