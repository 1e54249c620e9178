// One event on its way to many sockets, encoded once for each kind of receiver. Immutable, shared by all loops.
import TiketiNet

/// One event and whom it is for.
final class Broadcast: Sendable {
    let packet: SocketPacket
    let target: BroadcastTarget
    /// Its place in the log; nil for what is not logged.
    let offset: Int64?
    /// On the loops' clock.
    let arrivedAt = MonotonicClock.now
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
            marked = EncodedPacket(packet.marked(with: offset), isVolatile: target.isVolatile, isShared: true, deflate: deflate)
        }
        self.marked = marked
        if recovery == .on, let marked {
            plain = marked
        } else {
            plain = EncodedPacket(packet, isVolatile: target.isVolatile, isShared: true, deflate: deflate)
        }
    }
}
