// Offsets of the log in events: the last argument, as the protocol of recovery has it.

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
