// Sends events to Socket.IO clients from any process: one PUBLISH in the classic adapter format, understood by our hubs and by Node's, and an entry
// in the log from which our hubs repeat what a client missed.
import TiketiNet
import TiketiStore

/// Publishes events to rooms. Losing Redis loses the event: callers log it and go on, clients repair by version.
public struct SocketEmitter: Sendable {
    private let redis: RedisClient
    private let namespace: String

    public init(_ redis: RedisClient, namespace: String = "/") {
        self.redis = redis
        self.namespace = namespace
    }

    /// Emits `event` with one JSON argument to every socket in any of `rooms` (all sockets when empty) and in none of `except`.
    /// - Parameter payload: valid JSON.
    /// - Throws: `RedisError` when Redis did not take the message.
    public func emit(_ event: String, _ payload: [UInt8], rooms: [String], except: [String] = []) async throws(RedisError) {
        _ = try await redis.send(command(event, payload, rooms: rooms, except: except))
    }

    /// Several events in one round trip, in order.
    public func emit(_ commands: [[RedisArgument]]) async throws(RedisError) {
        _ = try await redis.pipeline(commands)
    }

    /// One event as a Redis command, for a pipeline together with other commands.
    public func command(_ event: String, _ payload: [UInt8], rooms: [String], except: [String] = []) -> [RedisArgument] {
        Self.command(event, payload, rooms: rooms, except: except, namespace: namespace)
    }

    /// The same in any namespace, for those who send it through a connection of their own.
    public static func command(
        _ event: String, _ payload: [UInt8], rooms: [String], except: [String] = [], namespace: String = "/"
    ) -> [RedisArgument] {
        // Text that is not JSON can't be sent to a browser; null keeps the event (and its gap in versions) visible.
        let argument = MessagePackValue(json: payload) ?? .null
        assert(argument != .null || payload == Array("null".utf8), "an event's payload must be JSON")
        let message = ClassicMessage(
            uid: ClassicMessage.emitterID, namespace: namespace, data: [.string(event), argument],
            target: BroadcastTarget(rooms: rooms, except: except))
        return EventLog.command(message)
    }
}
