// How hubs and emitters reach each other through Redis: which channels there are, and what is written to them.
import TiketiStore

/// The wire format that all hubs and emitters of one Redis share.
public enum HubWire: String, Sendable, CaseIterable {
    /// That of @socket.io/redis-adapter and @socket.io/redis-emitter: ordinary pub/sub, MessagePack, a channel for each room.
    case classic
    /// That of the sharded adapter of @socket.io/redis-adapter in its mode "dynamic": sharded pub/sub (Redis 7), JSON, a channel for each
    /// room that is no socket's own.
    case sharded
    /// The same in its mode "static": one channel for each namespace.
    case shardedStatic = "sharded-static"

    static let prefix = "socket.io"

    /// Whether channels are those of sharded pub/sub.
    var isSharded: Bool { self != .classic }

    /// What publishes to its channels.
    var verb: String { isSharded ? "SPUBLISH" : "PUBLISH" }

    /// Whether broadcasts to this room alone go to a channel of its own, so that hubs without the room need not look at them.
    func hasChannel(_ room: String) -> Bool {
        switch self {
        case .classic: true
        // Names of this length (in UTF-16, as JavaScript counts) are taken for those of sockets, which come and go too often.
        case .sharded: room.utf16.count != 20
        case .shardedStatic: false
        }
    }

    /// The channel of a broadcast to these rooms; of a whole namespace when there is not exactly one.
    func channel(_ namespace: String, rooms: [String]) -> String {
        let all = "\(Self.prefix)#\(namespace)#"
        return rooms.count == 1 && hasChannel(rooms[0]) ? "\(all)\(rooms[0])#" : all
    }

    func channel(of message: HubMessage) -> String { channel(message.namespace, rooms: message.target.rooms) }

    /// A broadcast as it is published.
    func encoded(_ message: HubMessage) -> [UInt8] { isSharded ? message.encodedForShards() : message.encoded() }

    /// All but the last eight bytes, which are the offset: whoever assigns it appends them.
    func encodedWithoutOffset(_ message: HubMessage) -> [UInt8] {
        var message = message
        message.offset = .max
        return Array(encoded(message).dropLast(8))
    }

    /// The words that publish a broadcast which is not logged.
    func command(_ message: HubMessage) -> [RedisArgument] {
        [.string(verb), .string(channel(of: message)), .bytes(encoded(message))]
    }
}
