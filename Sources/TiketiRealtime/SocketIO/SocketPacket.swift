// Socket.IO protocol 5 packets: `<type>[<n>-][/namespace,][ack id][json]`, and the values they carry.
import TiketiJSON
import TiketiNet

/// JSON arguments of an event or acknowledgement. `json` is the comma-separated list without brackets; binary arguments stand in it as
/// placeholders (`{"_placeholder":true,"num":0}`) and in `attachments` by number.
public struct SocketArguments: Sendable, Equatable {
    /// Values with commas between them.
    public var json: [UInt8]
    /// Binary values, by the numbers of their placeholders.
    public var attachments: [[UInt8]]

    /// `json` must be valid: it is spliced into packets as it is.
    public init(json: [UInt8] = [], attachments: [[UInt8]] = []) {
        self.json = json
        self.attachments = attachments
    }

    /// From text, which must be valid.
    public init(json: String) { self.init(json: Array(json.utf8)) }

    /// No arguments.
    public static let none = SocketArguments()
}

/// One packet, either decoded or to be encoded.
struct SocketPacket: Sendable, Equatable {
    /// The protocol's types; a packet with attachments is sent under types 5 and 6.
    enum Kind: UInt8, Sendable {
        case connect = 0
        case disconnect = 1
        case event = 2
        case ack = 3
        case connectError = 4
    }

    /// What it is.
    var kind: Kind
    /// The namespace it belongs to.
    var namespace: String
    /// The number by which an event is acknowledged, or that of an acknowledgement.
    var id: UInt64?
    /// The payload: an object for connect and connectError, an array for event and ack, empty when there is none.
    var json: [UInt8]
    /// Binary values, by the numbers of their placeholders.
    var attachments: [[UInt8]]
    /// Where the elements of an array payload are in `json`; only filled by the decoder.
    var elements: [Range<Int>]

    /// A packet to be encoded.
    init(_ kind: Kind, namespace: String = "/", id: UInt64? = nil, json: [UInt8] = [], attachments: [[UInt8]] = []) {
        self.kind = kind
        self.namespace = namespace
        self.id = id
        self.json = json
        self.attachments = attachments
        elements = []
    }

    /// An event packet.
    static func event(
        _ name: String, _ arguments: SocketArguments = .none, namespace: String = "/", id: UInt64? = nil
    ) -> SocketPacket {
        var json: [UInt8] = [UInt8(ascii: "[")]
        json.reserveCapacity(arguments.json.count + name.utf8.count + 8)
        JSONText.append(name, to: &json)
        if !arguments.json.isEmpty {
            json.append(UInt8(ascii: ","))
            json.append(contentsOf: arguments.json)
        }
        json.append(UInt8(ascii: "]"))
        return SocketPacket(.event, namespace: namespace, id: id, json: json, attachments: arguments.attachments)
    }

    /// An acknowledgement packet.
    static func ack(_ id: UInt64, _ arguments: SocketArguments, namespace: String) -> SocketPacket {
        let json = [UInt8(ascii: "[")] + arguments.json + [UInt8(ascii: "]")]
        return SocketPacket(.ack, namespace: namespace, id: id, json: json, attachments: arguments.attachments)
    }

    /// The text part. A packet with attachments is announced as binary (types 5 and 6) with their number.
    func encoded() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(json.count + 32)
        let type = attachments.isEmpty ? kind.rawValue : kind.rawValue + 3
        text.append(UInt8(ascii: "0") + type)
        if !attachments.isEmpty {
            text.append(contentsOf: String(attachments.count).utf8)
            text.append(UInt8(ascii: "-"))
        }
        if namespace != "/" {
            text.append(contentsOf: namespace.utf8)
            text.append(UInt8(ascii: ","))
        }
        if let id { text.append(contentsOf: String(id).utf8) }
        text.append(contentsOf: json)
        return text
    }
}
