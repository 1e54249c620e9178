// A message encoded once for each wire format; every receiver of a broadcast shares these bytes. Immutable.
import TiketiNet

/// One Engine.IO message in every form in which a transport sends it.
final class EncodedPacket: Sendable {
    /// The WebSocket frames: one text frame, then one binary frame for each attachment, nothing in between.
    let frames: [UInt8]
    /// The same, compressed; only when compression is on and pays.
    let compressedFrames: [UInt8]?
    /// The form in a polling payload (and, one packet per frame, on a WebSocket that asked for base 64).
    let payload: [UInt8]
    /// Engine.IO packets in it: the text and its attachments.
    let packetCount: Int
    /// May be dropped for a receiver that lags.
    let isVolatile: Bool
    /// Whether several clients get these bytes, so that they are held once however many of them lag.
    let isShared: Bool

    /// A text message and the binary ones that belong to it.
    /// - Parameter deflate: also compresses the text, for clients that have agreed to that.
    init(
        text: [UInt8], attachments: [[UInt8]] = [], isVolatile: Bool = false, isShared: Bool = false,
        deflate: WebSocketDeflateOptions? = nil
    ) {
        var payload: [UInt8] = []
        payload.reserveCapacity(text.count + 1)
        payload.append(UInt8(ascii: "4"))
        payload.append(contentsOf: text)
        var frames: [UInt8] = []
        frames.reserveCapacity(payload.count + attachments.reduce(10) { $0 + $1.count + 10 })
        WebSocketEncoder.append(.text, payload.span, to: &frames)
        var compressed: [UInt8]?
        if let deflate, let body = WebSocketDeflate.compress(payload, deflate) {
            compressed = WebSocketEncoder.frame(.text, body, compressed: true)
        }
        for attachment in attachments {
            WebSocketEncoder.append(.binary, attachment.span, to: &frames)
            compressed?.append(contentsOf: WebSocketEncoder.frame(.binary, attachment))
            payload.append(EnginePayloadReader.separator)
            payload.append(UInt8(ascii: "b"))
            payload.append(contentsOf: Base64.encode(attachment).utf8)
        }
        self.frames = frames
        compressedFrames = compressed
        self.payload = payload
        self.isVolatile = isVolatile
        self.isShared = isShared
        packetCount = 1 + attachments.count
    }

    /// A raw binary message (Engine.IO level).
    init(binary: [UInt8]) {
        frames = WebSocketEncoder.frame(.binary, binary)
        compressedFrames = nil
        payload = [UInt8(ascii: "b")] + Array(Base64.encode(binary).utf8)
        packetCount = 1
        isVolatile = false
        isShared = false
    }

    /// A control packet: type digit and data.
    private init(control: String) {
        payload = Array(control.utf8)
        frames = WebSocketEncoder.frame(.text, payload)
        compressedFrames = nil
        packetCount = 1
        isVolatile = false
        isShared = false
    }

    static let close = EncodedPacket(control: "1")
    static let ping = EncodedPacket(control: "2")
    static let probeAnswer = EncodedPacket(control: "3probe")
    static let noop = EncodedPacket(control: "6")

    static func open(_ json: String) -> EncodedPacket { EncodedPacket(control: "0" + json) }

    /// The WebSocket frames for a client that can't take binary messages (`b64=1`).
    var base64Frames: [UInt8] {
        var output: [UInt8] = []
        for packet in payload.split(separator: EnginePayloadReader.separator, omittingEmptySubsequences: false) {
            WebSocketEncoder.append(.text, Array(packet).span, to: &output)
        }
        return output
    }
}
