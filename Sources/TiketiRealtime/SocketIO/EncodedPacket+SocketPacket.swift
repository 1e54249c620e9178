// A Socket.IO packet in the forms in which Engine.IO sends it.
import TiketiNet

extension EncodedPacket {
    /// Encodes `packet` once for all its receivers; compressed as well when `deflate` is given.
    convenience init(_ packet: SocketPacket, isVolatile: Bool = false, deflate: WebSocketDeflateOptions? = nil) {
        self.init(text: packet.encoded(), attachments: packet.attachments, isVolatile: isVolatile, deflate: deflate)
    }
}
