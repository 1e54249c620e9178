// The format of the sharded adapter of @socket.io/redis-adapter (ClusterMessage of socket.io-adapter): `{type, data: {packet, opts}, uid,
// nsp}`, JSON without binary values, else MessagePack. Readers tell the two apart by the first byte.
import TiketiJSON

extension HubMessage {
    /// ClusterMessage's type of a broadcast.
    static let shardedType: Int64 = 3

    func encodedForShards() -> [UInt8] {
        let (rooms, except, flags) = options
        let packet = MessagePackValue.map([("type", .int(2)), ("data", .array(data))])
        var fields: [(String, MessagePackValue)] = [
            ("type", .int(Self.shardedType)), ("data", .map([("packet", packet), ("opts", .map([rooms, except, flags]))])),
            ("uid", .string(uid)), ("nsp", .string(namespace)),
        ]
        // Numbers are appended to what is logged, which JSON does not allow; Node reads either form.
        guard let offset, offset != 0 else { return MessagePackValue.map(fields).shardedBytes() }
        fields.append(("offset", .int(offset)))
        return MessagePackValue.map(fields).encoded()
    }

    /// A broadcast without acknowledgement; others are requests.
    init?(sharded value: MessagePackValue) {
        guard value["type"]?.int == Self.shardedType, let uid = value["uid"]?.string, let body = value["data"],
            body["requestId"] == nil, let packet = body["packet"], packet["type"]?.int == 2, let data = packet["data"]?.array,
            data.first?.string != nil
        else { return nil }
        self.init(uid: uid, namespace: value["nsp"]?.string ?? "/", data: data, target: Self.target(body["opts"]))
        offset = value["offset"]?.int
    }
}

extension MessagePackValue {
    /// JSON, or MessagePack when there are binary values in it.
    func shardedBytes() -> [UInt8] {
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        appendJSON(to: &json, &attachments)
        return attachments.isEmpty ? json : encoded()
    }
}
