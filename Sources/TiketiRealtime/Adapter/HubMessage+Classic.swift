// The format of @socket.io/redis-adapter and @socket.io/redis-emitter: `[uid, {type, data, nsp}, {rooms, except, flags}]` as MessagePack.
import TiketiJSON

extension HubMessage {
    func encoded() -> [UInt8] {
        let (rooms, except, flags) = options
        // The order of keys is that of the two Node libraries; readers go by name.
        var options = uid == Self.emitterID ? [rooms, flags, except] : [rooms, except, flags]
        if let offset { options.append(("offset", .int(offset))) }
        let packet: [(String, MessagePackValue)] = [("type", .int(2)), ("data", .array(data)), ("nsp", .string(namespace))]
        return MessagePackValue.array([.string(uid), .map(packet), .map(options)]).encoded()
    }

    init?(classic parts: [MessagePackValue]) {
        guard parts.count == 3, let uid = parts[0].string, let data = parts[1]["data"]?.array, parts[1]["type"]?.int == 2,
            data.first?.string != nil
        else { return nil }
        self.init(uid: uid, namespace: parts[1]["nsp"]?.string ?? "/", data: data, target: Self.target(parts[2]))
        offset = parts[2]["offset"]?.int
    }
}
