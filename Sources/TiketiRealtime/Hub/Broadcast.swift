// One event on its way to many sockets, encoded once for each kind of receiver. Immutable, shared by all loops.
import TiketiNet

final class Broadcast: Sendable {
    let packet: SocketPacket
    let target: BroadcastTarget
    /// Its place in the log; nil for what is not logged.
    let offset: Int64?
    /// For clients that can't recover.
    let plain: EncodedPacket
    /// With the offset as the last argument, for those that can.
    let marked: EncodedPacket?

    init(_ packet: SocketPacket, _ target: BroadcastTarget, offset: Int64?, recovery: SocketRecoveryMode, deflate: WebSocketDeflateOptions?)
    {
        self.packet = packet
        self.target = target
        self.offset = offset
        var marked: EncodedPacket?
        if recovery != .off, let offset {
            marked = EncodedPacket(packet.marked(with: offset), isVolatile: target.isVolatile, deflate: deflate)
        }
        self.marked = marked
        if recovery == .on, let marked {
            plain = marked
        } else {
            plain = EncodedPacket(packet, isVolatile: target.isVolatile, deflate: deflate)
        }
    }
}

extension SocketPacket {
    /// The event with an offset as one more argument.
    func marked(with offset: Int64) -> SocketPacket {
        var packet = self
        packet.elements = []
        packet.json.removeLast()
        packet.json.append(contentsOf: ",\"\(offset)\"]".utf8)
        return packet
    }

    /// Clients take the last argument of any event for an offset when it is a string.
    var endsWithString: Bool { json.count >= 2 && json[json.count - 2] == UInt8(ascii: "\"") }
}
