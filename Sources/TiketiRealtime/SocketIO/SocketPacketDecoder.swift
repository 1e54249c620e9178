// Reader of Socket.IO packets: one text message, then as many binary messages as it announced. Anything else is an error that ends the
// connection.
import TiketiJSON

/// Why a packet was refused. The connection is then closed with "parse error", unless only this packet is `harmless`.
struct SocketPacketError: Error, Sendable, Equatable {
    /// What was wrong, for logs.
    let message: String
    /// A packet of the right form, without its payload, which is nested too deeply: it is passed over, and the connection goes on.
    let harmless: SocketPacket?

    init(_ message: String, harmless: SocketPacket? = nil) {
        self.message = message
        self.harmless = harmless
    }
}

/// Puts a connection's messages together.
struct SocketPacketDecoder {
    /// Announced attachments above this are refused (CVE-2026-33151 in socket.io-parser).
    private let maximumAttachments: Int
    /// A binary packet whose attachments have not all come.
    private var partial: (packet: SocketPacket, expected: Int)?
    /// Attachments still to come of a packet that is passed over.
    private var skipped = 0

    static let reservedEvents: Set<String> = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]

    /// - Parameter maximumAttachments: binary values that one packet may have.
    init(maximumAttachments: Int = 10) { self.maximumAttachments = maximumAttachments }

    /// Memory that a packet holds whose attachments have not all come.
    var unfinishedBytes: Int { partial.map { $0.packet.attachments.reduce($0.packet.json.count) { $0 + $1.count } } ?? 0 }

    /// Lets go of it.
    mutating func discard() { partial = nil }

    /// Takes a text message; nil when attachments must follow first.
    /// - Throws: `SocketPacketError`; the connection is closed unless it is `harmless`.
    mutating func decode(text: [UInt8]) throws(SocketPacketError) -> SocketPacket? {
        if partial != nil || skipped > 0 { throw SocketPacketError("text where an attachment was announced") }
        var reader = Reader(bytes: text)
        let packet: SocketPacket
        let expected: Int
        do throws(SocketPacketError) {
            (packet, expected) = try reader.packet(maximumAttachments)
        } catch {
            if error.harmless != nil { skipped = reader.expected }
            throw error
        }
        if expected > 0 {
            partial = (packet, expected)
            return nil
        }
        return packet
    }

    /// Takes a binary message; the packet when it was the last attachment.
    /// - Throws: `SocketPacketError` when none was announced.
    mutating func decode(binary: [UInt8]) throws(SocketPacketError) -> SocketPacket? {
        if skipped > 0 {
            skipped -= 1
            return nil
        }
        guard let (announced, expected) = partial else { throw SocketPacketError("attachment that was not announced") }
        var packet = announced
        packet.attachments.append(binary)
        if packet.attachments.count < expected {
            partial = (packet, expected)
            return nil
        }
        partial = nil
        return packet
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0
        /// Attachments that the packet announces.
        private(set) var expected = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func packet(_ maximumAttachments: Int) throws(SocketPacketError) -> (SocketPacket, Int) {
            guard let first = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "6")).contains(first) else {
                throw SocketPacketError("unknown packet type")
            }
            index = 1
            var type = first - UInt8(ascii: "0")
            let isBinary = type >= 5
            if isBinary {
                guard let count = number(), index < bytes.count, bytes[index] == UInt8(ascii: "-") else {
                    throw SocketPacketError("illegal attachment count")
                }
                index += 1
                if count > maximumAttachments { throw SocketPacketError("too many attachments") }
                expected = Int(count)
                type -= 3
            }
            // The raw value is at most 4 here.
            guard let kind = SocketPacket.Kind(rawValue: type) else { throw SocketPacketError("unknown packet type") }
            var packet = SocketPacket(kind)
            packet.namespace = namespace()
            packet.id = try identifier()
            try payload(into: &packet, isBinary ? expected : nil)
            return (packet, expected)
        }

        /// Digits as a number that fits 53 bits; nil when there is none.
        private mutating func number() -> UInt64? {
            var value: UInt64 = 0
            let start = index
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
                value = value * 10 + UInt64(bytes[index] - UInt8(ascii: "0"))
                if value > 1 << 53 { return nil }
                index += 1
            }
            return index == start ? nil : value
        }

        private mutating func namespace() -> String {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "/") else { return "/" }
            let end = bytes[index...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
            let name = String(decoding: bytes[index..<end], as: UTF8.self)
            index = min(end + 1, bytes.count)
            return name
        }

        private mutating func identifier() throws(SocketPacketError) -> UInt64? {
            guard index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 else { return nil }
            guard let id = number() else { throw SocketPacketError("ack id out of range") }
            return id
        }

        private mutating func payload(into packet: inout SocketPacket, _ attachments: Int?) throws(SocketPacketError) {
            let rest = index..<bytes.count
            switch packet.kind {
            case .disconnect:
                guard rest.isEmpty else { throw SocketPacketError("disconnect with a payload") }
            case .connect, .connectError:
                if rest.isEmpty { return }
                let range = try walk(packet) { () throws(JSONError) in try JSONScanner.value(bytes, from: index) }
                let first = bytes[range.lowerBound]
                guard first == UInt8(ascii: "{") || (packet.kind == .connectError && first == UInt8(ascii: "\"")) else {
                    throw SocketPacketError("payload is not an object")
                }
                packet.json = Array(bytes[range])
            case .event, .ack:
                packet.json = Array(bytes[rest])
                let json = packet.json
                let found = try walk(packet) { () throws(JSONError) in try JSONScanner.array(json) }
                packet.elements = found.ranges
                if packet.kind == .event { try checkName(packet) }
                if let attachments {
                    for number in found.placeholders where number < 0 || number >= attachments {
                        throw SocketPacketError("illegal placeholder")
                    }
                }
            }
        }

        private func walk<Found>(_ packet: SocketPacket, _ body: () throws(JSONError) -> Found) throws(SocketPacketError) -> Found {
            do throws(JSONError) {
                return try body()
            } catch {
                guard error.code == .tooDeep else { throw SocketPacketError("payload: \(error)") }
                throw SocketPacketError(
                    "payload is nested too deeply", harmless: SocketPacket(packet.kind, namespace: packet.namespace, id: packet.id))
            }
        }

        /// An event's first element is a name that is not reserved; numbers are legal names.
        private func checkName(_ packet: SocketPacket) throws(SocketPacketError) {
            guard let first = packet.elements.first else { throw SocketPacketError("event without a name") }
            if let name = JSONScanner.string(packet.json, first) {
                if reservedEvents.contains(name) { throw SocketPacketError("reserved event name") }
                return
            }
            let byte = packet.json[first.lowerBound]
            guard byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 else { throw SocketPacketError("event name is not a string") }
        }
    }
}

extension SocketPacket {
    /// The event's name; a numeric name as its text.
    var eventName: String {
        guard let first = elements.first else { return "" }
        return JSONScanner.string(json, first) ?? String(decoding: json[first], as: UTF8.self)
    }

    /// Everything after the event's name, or all of an acknowledgement's array.
    var arguments: SocketArguments {
        let list = kind == .event ? elements.dropFirst() : elements[...]
        guard let first = list.first, let last = list.last else { return SocketArguments(attachments: attachments) }
        return SocketArguments(json: Array(json[first.lowerBound..<last.upperBound]), attachments: attachments)
    }

    /// The JSON of one argument (not counting an event's name), or nil.
    func argument(_ index: Int) -> [UInt8]? {
        let position = kind == .event ? index + 1 : index
        return elements.indices.contains(position) ? Array(json[elements[position]]) : nil
    }
}
