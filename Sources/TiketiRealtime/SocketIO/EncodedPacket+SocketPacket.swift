// A Socket.IO packet in the forms in which Engine.IO sends it.
import TiketiNet

extension EncodedPacket {
    /// Encodes `packet` once for all its receivers (`isShared`, when there are several); compressed as well when `deflate` is given.
    convenience init(_ packet: SocketPacket, isVolatile: Bool = false, isShared: Bool = false, deflate: WebSocketDeflateOptions? = nil) {
        self.init(text: packet.encoded(), attachments: packet.attachments, isVolatile: isVolatile, isShared: isShared, deflate: deflate)
    }
}
