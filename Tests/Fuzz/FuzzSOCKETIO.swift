// libFuzzer target: Engine.IO payloads, Socket.IO packets and the Redis adapter's MessagePack. Nothing crashes, what is read can be
// written and read again, and what is refused stays refused.
// Built by scripts/fuzz from the parsers' own files, without the rest of the package.
import TiketiJSON

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

func packets(_ payload: [UInt8]) -> [SocketPacket] {
    var decoder = SocketPacketDecoder()
    var found: [SocketPacket] = []
    do throws(SocketPacketError) {
        for packet in EnginePayloadReader(payload) {
            switch packet {
            case .message(let text): if let packet = try decoder.decode(text: text) { found.append(packet) }
            case .binary(let bytes): if let packet = try decoder.decode(binary: bytes) { found.append(packet) }
            case nil: return found
            default: continue
            }
        }
    } catch {
        return found
    }
    return found
}

func check(_ packet: SocketPacket) {
    require(packet.attachments.count <= 10, "attachments keep their limit")
    // The elements lie in the text, in order.
    var end = 0
    for element in packet.elements {
        require(element.lowerBound >= end && element.upperBound <= packet.json.count, "elements are in the text")
        end = element.upperBound
    }
    if packet.kind == .event {
        require(!packet.elements.isEmpty, "events have a name")
        _ = packet.eventName
        _ = packet.endsWithString
    }
    _ = packet.arguments
    var decoder = SocketPacketDecoder()
    do throws(SocketPacketError) {
        var again = try decoder.decode(text: packet.encoded())
        for attachment in packet.attachments { again = try decoder.decode(binary: attachment) }
        require(again == packet, "packets round trip")
    } catch {
        require(false, "what was read is read again")
    }
    // To other hubs and back.
    if packet.kind == .event, let data = MessagePackValue(json: packet.json, attachments: packet.attachments)?.array {
        let message = HubMessage(uid: "abcdef", namespace: packet.namespace, data: data, target: BroadcastTarget(rooms: ["room"]))
        if data.first?.string != nil {
            let read = HubMessage(message.encoded())
            require(read?.data == data, "messages between hubs round trip")
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    guard size > 1 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
    switch data[0] & 3 {
    case 0, 1: for packet in packets(bytes) { check(packet) }
    case 2:
        if let value = try? MessagePackReader.decode(bytes) {
            let again = try? MessagePackReader.decode(value.encoded())
            require(again == value, "MessagePack round trips")
            var json: [UInt8] = []
            var attachments: [[UInt8]] = []
            value.appendJSON(to: &json, &attachments)
            if UTF8Validator.isValid(json) { require(MessagePackValue(json: json, attachments: attachments) != nil, "its JSON is JSON") }
        }
        if let message = HubMessage(bytes) { _ = message.packet().encoded() }
    default:
        if let value = MessagePackValue(json: bytes) {
            require((try? MessagePackReader.decode(value.encoded())) == value, "JSON becomes MessagePack")
        }
        _ = RecoveryClaim.read(bytes)
    }
    return 0
}
