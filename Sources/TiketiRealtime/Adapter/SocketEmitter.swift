// Sends events to Socket.IO clients from any process: in the classic adapter format, understood by our hubs and by Node's, with an entry
// in the log from which our hubs repeat what a client missed.
import TiketiJSON
import TiketiNet
import TiketiStore

/// An event with one JSON argument to every socket in any of `rooms` (all sockets when empty) and in none of `except`.
public struct SocketMessage: Sendable {
    let message: HubMessage

    /// - Parameter payload: valid JSON.
    public init(_ event: String, _ payload: [UInt8], rooms: [String], except: [String] = [], namespace: String = "/") {
        // Text that is not JSON can't be sent to a browser; null keeps the event (and its gap in versions) visible.
        let argument = MessagePackValue(json: payload) ?? .null
        assert(argument != .null || payload == Array("null".utf8), "an event's payload must be JSON")
        message = HubMessage(
            uid: HubMessage.emitterID, namespace: namespace, data: [.string(event), argument],
            target: BroadcastTarget(rooms: rooms, except: except))
    }
}

/// Publishes events to rooms. Losing Redis loses the event: callers log it and go on, clients repair by version.
public struct SocketEmitter: Sendable {
    private let redis: RedisClient
    private let wire: HubWire
    /// Messages of one command: Redis does nothing else meanwhile.
    private static let messagesTogether = 256

    /// - Parameter wire: the format that the hubs of this Redis share.
    public init(_ redis: RedisClient, wire: HubWire = .classic) {
        self.redis = redis
        self.wire = wire
    }

    /// - Throws: `RedisError` when Redis did not take the messages.
    public func emit(_ messages: SocketMessage...) async throws(RedisError) {
        _ = try await redis.pipeline(Self.commands(messages, wire: wire))
    }

    /// The messages, in order, as few Redis commands, for a pipeline together with others.
    public static func commands(_ messages: [SocketMessage], wire: HubWire) -> [[RedisArgument]] {
        stride(from: 0, to: messages.count, by: messagesTogether).map {
            EventLog.command(messages[$0..<min(messages.count, $0 + messagesTogether)].map(\.message), wire)
        }
    }
}
