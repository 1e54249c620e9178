// Engine.IO protocol 4 packets: a type digit and data in a text message, raw bytes in a binary one, `b` and base 64 in a polling payload.
import TiketiNet

/// One packet of either side; data without the type digit.
enum EnginePacket: Sendable, Equatable {
    case open([UInt8])
    case close
    case ping([UInt8])
    case pong([UInt8])
    case message([UInt8])
    case binary([UInt8])
    case upgrade
    case noop

    /// Reads a text message or one packet of a payload; nil when it is not a packet.
    init?(text: ArraySlice<UInt8>) {
        guard let type = text.first else { return nil }
        let data = Array(text.dropFirst())
        switch type {
        case UInt8(ascii: "0"): self = .open(data)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(data)
        case UInt8(ascii: "3"): self = .pong(data)
        case UInt8(ascii: "4"): self = .message(data)
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        case UInt8(ascii: "b"):
            guard let bytes = Base64.decode(data) else { return nil }
            self = .binary(bytes)
        default: return nil
        }
    }
}

/// Cuts a polling payload into packets at each record separator.
struct EnginePayloadReader: Sequence, IteratorProtocol {
    /// U+001E; it can't occur in JSON text unescaped.
    static let separator: UInt8 = 0x1E

    /// Whether a client says goodbye with its last packet.
    static func endsWithClose(_ bytes: [UInt8]) -> Bool {
        bytes.last == UInt8(ascii: "1") && (bytes.count == 1 || bytes[bytes.count - 2] == separator)
    }

    private let bytes: [UInt8]
    private var index: Int? = 0

    /// Reads the packets of a POST's body, or of a poll's answer.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next packet, `.some(nil)` for bytes that are none, nil at the end.
    mutating func next() -> EnginePacket?? {
        guard let start = index else { return nil }
        let end = bytes[start...].firstIndex(of: Self.separator) ?? bytes.count
        index = end == bytes.count ? nil : end + 1
        return .some(EnginePacket(text: bytes[start..<end]))
    }
}
