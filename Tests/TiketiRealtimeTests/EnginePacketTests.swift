// Engine.IO packets in both transports' forms, and what a request's query says.
import Testing
import TiketiNet

@testable import TiketiRealtime

@Suite struct EnginePacketTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The payloads of server frames without masks and of less than 64 kB.
    private func frames(_ bytes: [UInt8]) -> [(opcode: UInt8, payload: [UInt8])] {
        var found: [(UInt8, [UInt8])] = []
        var index = 0
        while index < bytes.count {
            #expect(bytes[index] & 0x80 != 0, "frames are final")
            let opcode = bytes[index] & 0x0F
            var length = Int(bytes[index + 1])
            index += 2
            if length == 126 {
                length = Int(bytes[index]) << 8 | Int(bytes[index + 1])
                index += 2
            }
            found.append((opcode, Array(bytes[index..<index + length])))
            index += length
        }
        return found
    }

    @Test func aMessageWithAttachments() {
        let packet = EncodedPacket(text: Array("52-[]".utf8), attachments: [[0, 255], []])
        #expect(packet.packetCount == 3 && !packet.isVolatile && !packet.isShared)
        let found = frames(packet.frames)
        #expect(found.map(\.opcode) == [1, 2, 2])
        #expect(found.map(\.payload) == [Array("452-[]".utf8), [0, 255], []])
        #expect(text(packet.payload) == "452-[]\u{1E}bAP8=\u{1E}b")
        #expect(packet.compressedFrames == nil)
        // For clients that can't take binary messages: everything as text.
        let base64 = frames(packet.base64Frames)
        #expect(base64.map(\.opcode) == [1, 1, 1] && base64.map { text($0.payload) } == ["452-[]", "bAP8=", "b"])
    }

    @Test func aRawBinaryMessage() {
        let packet = EncodedPacket(binary: [1, 2, 3])
        #expect(frames(packet.frames).map(\.payload) == [[1, 2, 3]] && text(packet.payload) == "bAQID")
    }

    @Test func controlPackets() {
        let packets: [(EncodedPacket, String)] = [
            (.close, "1"), (.ping, "2"), (.probeAnswer, "3probe"), (.noop, "6"), (.open("{}"), "0{}"),
        ]
        for (packet, expected) in packets {
            #expect(text(packet.payload) == expected && packet.packetCount == 1)
            #expect(frames(packet.frames).map { text($0.payload) } == [expected])
        }
    }

    @Test func compressionPaysOrIsLeftOut() {
        let long = EncodedPacket(text: Array(String(repeating: "seat ", count: 2_000).utf8), attachments: [[1]], deflate: .init())
        #expect(long.compressedFrames.map { $0.count < long.frames.count / 10 } == true)
        #expect(EncodedPacket(text: Array("short".utf8), deflate: .init()).compressedFrames == nil)
    }

    @Test func packetsOfEveryType() {
        let packets: [(String, EnginePacket?)] = [
            ("0{}", .open(Array("{}".utf8))), ("1", .close), ("1x", .close), ("2", .ping([])), ("2probe", .ping(Array("probe".utf8))),
            ("3", .pong([])), ("4", .message([])), ("4a", .message(Array("a".utf8))), ("5", .upgrade), ("6", .noop),
            ("bAQI=", .binary([1, 2])),
            ("b", .binary([])), ("bAQ", nil), ("b!!!!", nil), ("7", nil), ("", nil), ("x", nil),
        ]
        for (text, expected) in packets { #expect(EnginePacket(text: Array(text.utf8)[...]) == expected, "\(text)") }
    }

    @Test func payloadsOfAnyNumber() {
        func read(_ text: String) -> [EnginePacket?] { Array(EnginePayloadReader(Array(text.utf8))) }
        #expect(read("4a") == [.message([97])])
        #expect(read("4a\u{1E}bAQ==\u{1E}1") == [.message([97]), .binary([1]), .close])
        #expect(read("") == [nil] && read("4a\u{1E}") == [.message([97]), nil] && read("\u{1E}4a") == [nil, .message([97])])
        #expect(read((0..<1_000).map { "4\($0)" }.joined(separator: "\u{1E}")).count == 1_000)
    }

    @Test func aGoodbyeIsTheLastPacket() {
        for (text, expected) in [("1", true), ("4a\u{1E}1", true), ("41", false), ("4a\u{1E}41", false), ("1\u{1E}4a", false), ("", false)]
        {
            #expect(EnginePayloadReader.endsWithClose(Array(text.utf8)) == expected, "\(text)")
        }
    }

    @Test func queries() {
        let query = EngineQuery("EIO=4&transport=polling&t=abc&sid=xyz&b64=1")
        #expect(query.version == "4" && query.transport == .polling && query.sid == "xyz" && query.wantsBase64)
        let other = EngineQuery("transport=websocket&EIO=3&b64=0&sid=&flag&=x")
        #expect(other.version == "3" && other.transport == .websocket && other.sid == nil && !other.wantsBase64)
        let unknown = EngineQuery("transport=webtransport")
        #expect(unknown.transport == nil && unknown.version == nil)
        #expect(EngineQuery("").transport == nil && EngineQuery("sid=a=b").sid == "a=b")
    }
}
