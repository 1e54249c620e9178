// One broadcast between hubs, whatever the format in which it travels.
import TiketiJSON

/// Event, arguments, and whom they are for.
struct HubMessage: Sendable, Equatable {
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

    init(uid: String, namespace: String, data: [MessagePackValue], target: BroadcastTarget) {
        self.uid = uid
        self.namespace = namespace
        self.data = data
        self.target = target
    }

    /// Reads a broadcast in either format; nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard let value = Self.read(bytes) else { return nil }
        if case .array(let parts) = value { self.init(classic: parts) } else { self.init(sharded: value) }
    }

    /// What hubs write: JSON when it begins like it, else MessagePack; nil for neither.
    static func read(_ payload: [UInt8]) -> MessagePackValue? {
        payload.first == UInt8(ascii: "{") ? MessagePackValue(json: payload) : try? MessagePackReader.decode(payload)
    }

    /// The event as a Socket.IO packet; binary values become attachments.
    func packet() -> SocketPacket {
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        MessagePackValue.array(data).appendJSON(to: &json, &attachments)
        return SocketPacket(.event, namespace: namespace, json: json, attachments: attachments)
    }

    /// What both formats say of the receivers.
    static func target(_ options: MessagePackValue?) -> BroadcastTarget {
        BroadcastTarget(
            rooms: options?["rooms"]?.strings ?? [], except: options?["except"]?.strings ?? [],
            isVolatile: options?["flags"]?["volatile"] == .bool(true))
    }

    /// Rooms, exceptions and flags under their names.
    var options: (rooms: (String, MessagePackValue), except: (String, MessagePackValue), flags: (String, MessagePackValue)) {
        (
            ("rooms", .array(target.rooms.map { .string($0) })), ("except", .array(target.except.map { .string($0) })),
            ("flags", .map(target.isVolatile ? [("volatile", .bool(true))] : []))
        )
    }
}
