// The wire format of @socket.io/redis-adapter and @socket.io/redis-emitter: a broadcast as MessagePack on a channel named after namespace
// and room.
import TiketiJSON

/// One broadcast between hubs: `[uid, {type, data, nsp}, {rooms, except, flags}]`.
struct ClassicMessage: Sendable, Equatable {
    static let prefix = "socket.io"
    /// The uid of emitters, which nobody takes for its own.
    static let emitterID = "emitter"

    var uid: String
    var namespace: String
    /// Event name, then its arguments.
    var data: [MessagePackValue]
    var target: BroadcastTarget
    /// Its place in the order of all logged messages (`EventLog`); our own addition, which Node's readers pass over. Zero: not to be
    /// logged.
    var offset: Int64?

    /// The channel of a broadcast: the room's own when there is exactly one, so that hubs without the room need not look at it.
    static func channel(_ namespace: String, rooms: [String]) -> String {
        rooms.count == 1 ? "\(prefix)#\(namespace)#\(rooms[0])#" : "\(prefix)#\(namespace)#"
    }

    var channel: String { Self.channel(namespace, rooms: target.rooms) }

    func encoded() -> [UInt8] {
        var flags: [(String, MessagePackValue)] = []
        if target.isVolatile { flags.append(("volatile", .bool(true))) }
        let rooms = ("rooms", MessagePackValue.array(target.rooms.map { .string($0) }))
        let except = ("except", MessagePackValue.array(target.except.map { .string($0) }))
        let flagMap = ("flags", MessagePackValue.map(flags))
        // The order of keys is that of the two Node libraries; readers go by name.
        var options = uid == Self.emitterID ? [rooms, flagMap, except] : [rooms, except, flagMap]
        if let offset { options.append(("offset", .int(offset))) }
        let packet: [(String, MessagePackValue)] = [("type", .int(2)), ("data", .array(data)), ("nsp", .string(namespace))]
        return MessagePackValue.array([.string(uid), .map(packet), .map(options)]).encoded()
    }

    /// All but the last eight bytes, which are the offset: whoever assigns it appends them.
    func encodedWithoutOffset() -> [UInt8] {
        var message = self
        message.offset = .max
        return Array(message.encoded().dropLast(8))
    }

    /// Reads a broadcast; nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard let parts = (try? MessagePackReader.decode(bytes))?.array, parts.count == 3, let uid = parts[0].string,
            let data = parts[1]["data"]?.array, parts[1]["type"]?.int == 2, data.first?.string != nil
        else { return nil }
        self.uid = uid
        self.data = data
        namespace = parts[1]["nsp"]?.string ?? "/"
        target = BroadcastTarget(
            rooms: parts[2]["rooms"]?.strings ?? [], except: parts[2]["except"]?.strings ?? [],
            isVolatile: parts[2]["flags"]?["volatile"] == .bool(true))
        offset = parts[2]["offset"]?.int
    }

    init(uid: String, namespace: String, data: [MessagePackValue], target: BroadcastTarget) {
        self.uid = uid
        self.namespace = namespace
        self.data = data
        self.target = target
    }

    /// The event as a Socket.IO packet; binary values become attachments.
    func packet() -> SocketPacket {
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        MessagePackValue.array(data).appendJSON(to: &json, &attachments)
        return SocketPacket(.event, namespace: namespace, json: json, attachments: attachments)
    }
}
