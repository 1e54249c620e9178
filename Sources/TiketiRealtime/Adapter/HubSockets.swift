// What other servers may do with the sockets of this process, in whichever format they ask for it.
import TiketiJSON
import TiketiNet

/// The sockets of all loops.
struct HubSockets: Sendable {
    let hub: HubReference

    /// How long clients have for an acknowledgement when the request does not say.
    private static let ackTimeout = Duration.seconds(10)

    /// Reads something of each socket that the target means.
    func gather<Value: Sendable>(
        _ namespace: String, _ target: BroadcastTarget, _ read: @escaping @Sendable (Socket) -> Value
    ) async -> [Value] {
        await hub.onShards { shard in shard.namespace(namespace).matching(target).map(read) }.flatMap { $0 }
    }

    /// Does something with each socket that the target means, and each room.
    func change(
        _ namespace: String, _ target: BroadcastTarget, rooms: [String], _ act: @escaping @Sendable (Socket, String) async -> Void
    ) async {
        _ = await hub.onShards { shard in
            for socket in shard.namespace(namespace).matching(target) {
                for room in rooms { await act(socket, room) }
            }
        }
    }

    /// All rooms with a member here.
    func rooms(_ namespace: String) async -> Set<String> {
        Set(await hub.onShards { shard in shard.namespace(namespace).roomNames }.joined())
    }

    /// Emits an event to each socket and calls `onReply` with the first argument of each acknowledgement; how many sockets got it.
    /// - Parameters:
    ///   - data: the event's name and arguments.
    ///   - timeout: in milliseconds; ten seconds when nil.
    func ask(
        _ namespace: String, _ target: BroadcastTarget, _ data: [MessagePackValue], timeout: Int64?,
        _ onReply: @escaping @Sendable (MessagePackValue) -> Void
    ) async -> Int {
        guard let event = data.first?.string else { return 0 }
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        MessagePackValue.array(Array(data.dropFirst())).appendJSON(to: &json, &attachments)
        let arguments = SocketArguments(json: Array(json.dropFirst().dropLast()), attachments: attachments)
        let milliseconds = timeout.map { Int(clamping: $0) } ?? Int(Self.ackTimeout.nanoseconds / 1_000_000)
        let counts = await hub.onShards { shard in
            let sockets = shard.namespace(namespace).matching(target)
            for socket in sockets {
                shard.loop.spawn {
                    guard let reply = try? await socket.call(event, arguments, timeout: .milliseconds(milliseconds)) else { return }
                    let list = [UInt8(ascii: "[")] + reply.json + [UInt8(ascii: "]")]
                    onReply(MessagePackValue(json: list, attachments: reply.attachments)?.array?.first ?? .null)
                }
            }
            return sockets.count
        }
        return counts.reduce(0, +)
    }

    /// As Node's fetchSockets shows a socket; what a client sent to prove who it is stays here.
    static func description(of socket: Socket) -> MessagePackValue {
        let handshake: [(String, MessagePackValue)] = [
            ("headers", .map([])), ("address", .string(socket.handshake.peer.host)), ("xdomain", .bool(false)), ("secure", .bool(false)),
            ("url", .string("/socket.io/")), ("query", .map([])), ("auth", .map([])),
        ]
        let rooms = ([socket.id] + socket.rooms).map { MessagePackValue.string($0) }
        return .map([("id", .string(socket.id)), ("handshake", .map(handshake)), ("rooms", .array(rooms)), ("data", .map([]))])
    }
}
