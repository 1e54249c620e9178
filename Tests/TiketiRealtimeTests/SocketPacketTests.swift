import Testing
import TiketiJSON

@testable import TiketiRealtime

private func decode(_ text: String) throws(SocketPacketError) -> SocketPacket? {
    var decoder = SocketPacketDecoder()
    return try decoder.decode(text: Array(text.utf8))
}

@Suite struct SocketPacketTests {
    @Test func validPackets() throws {
        let cases: [(String, SocketPacket.Kind, String, UInt64?, String)] = [
            ("0", .connect, "/", nil, ""), ("0{\"token\":\"x\"}", .connect, "/", nil, "{\"token\":\"x\"}"),
            ("0/admin", .connect, "/admin", nil, ""), ("0/admin,", .connect, "/admin", nil, ""),
            ("0/admin,{}", .connect, "/admin", nil, "{}"), ("0/admin?x=1,", .connect, "/admin?x=1", nil, ""),
            ("1", .disconnect, "/", nil, ""), ("1/admin,", .disconnect, "/admin", nil, ""),
            ("2[\"a\"]", .event, "/", nil, "[\"a\"]"), ("20[\"a\"]", .event, "/", 0, "[\"a\"]"),
            ("2/a,456[\"b\", {\"c\":[1.5e3]} ]", .event, "/a", 456, "[\"b\", {\"c\":[1.5e3]} ]"),
            ("2[5,\"x\"]", .event, "/", nil, "[5,\"x\"]"), ("312[]", .ack, "/", 12, "[]"),
            ("4{\"message\":\"no\"}", .connectError, "/", nil, "{\"message\":\"no\"}"), ("4\"no\"", .connectError, "/", nil, "\"no\""),
            ("50-[\"a\"]", .event, "/", nil, "[\"a\"]"),
        ]
        for (text, kind, namespace, id, json) in cases {
            let packet = try #require(try decode(text), "\(text)")
            #expect(packet.kind == kind && packet.namespace == namespace && packet.id == id, "\(text)")
            #expect(String(decoding: packet.json, as: UTF8.self) == json, "\(text)")
        }
    }

    @Test func malformedPackets() {
        let cases = [
            "", "7", "9", "a", "abc", "x[\"a\"]", "2", "2{}", "2[]", "2[{}]", "2[null]", "2[true]", "2[[]]", "2a[\"b\"]", "2[\"a\"",
            "2[\"a\"]x",
            "2[\"a\",]", "2[\"a\",01]", "2[\"a\",1.]", "2[\"a\",+1]", "2[\"a\",nul]", "2[\"a\",\"\u{1}\"]", "2[\"\\x\"]", "2[\"\\u12\"]",
            "3", "3{}", "3\"a\"", "1{}", "1[]", "0[]", "0\"a\"", "0null", "0{", "2[\"connect\"]", "2[\"connect_error\"]",
            "2[\"disconnect\"]",
            "2[\"disconnecting\"]", "2[\"newListener\"]", "2[\"removeListener\"]", "2[\"\\u0063onnect\"]", "5[\"a\"]", "5-[\"a\"]",
            "5x-[\"a\"]",
            "511-[\"a\"]", "51", "299999999999999999999[\"a\"]", "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
            "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]", "51-[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]",
            "51-[\"a\",{\"_placeholder\":true}]",
            "51-[\"a\",{\"_placeholder\":true,\"num\":0.5}]", "2" + String(repeating: "[", count: 10_000),
        ]
        for text in cases {
            #expect(throws: SocketPacketError.self, "\(text)") { try decode(text) }
        }
    }

    @Test func attachmentsFollowTheirPacket() throws {
        var decoder = SocketPacketDecoder()
        let text = "52-/n,7[\"m\",{\"_placeholder\":true,\"num\":1},{\"x\":{\"num\":0,\"_placeholder\":true}}]"
        #expect(try decoder.decode(text: Array(text.utf8)) == nil)
        #expect(try decoder.decode(binary: [1]) == nil)
        let packet = try #require(try decoder.decode(binary: [2, 3]))
        #expect(packet.attachments == [[1], [2, 3]])
        #expect(packet.eventName == "m" && packet.id == 7)
        #expect(packet.encoded() == Array(text.utf8))

        #expect(throws: SocketPacketError.self) { try decoder.decode(binary: [4]) }
        #expect(try decoder.decode(text: Array("51-[\"a\"]".utf8)) == nil)
        #expect(throws: SocketPacketError.self) { try decoder.decode(text: Array("2[\"a\"]".utf8)) }
    }

    @Test func argumentsKeepTheirBytes() throws {
        let packet = try #require(try decode("2[\"m\",1, \"2\",{\"3\":[true]}]"))
        #expect(packet.eventName == "m")
        #expect(String(decoding: packet.arguments.json, as: UTF8.self) == "1, \"2\",{\"3\":[true]}")
        #expect(packet.argument(1) == Array("\"2\"".utf8))
        #expect(packet.argument(3) == nil)
        let back = SocketPacket.event("message-back", packet.arguments)
        #expect(String(decoding: back.encoded(), as: UTF8.self) == "2[\"message-back\",1, \"2\",{\"3\":[true]}]")
        #expect(try decode("2[\"\\ud83c\\udfab\\n\\ud800\"]")?.eventName == "🎫\n\u{FFFD}")
        #expect(SocketPacket.event("a\"\u{1}\n").encoded() == Array("2[\"a\\\"\\u0001\\n\"]".utf8))
    }

    private func deep(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }

    /// Of the right form but for the depth of its payload, which nobody has to read: the connection may go on.
    @Test func whatIsNestedTooDeeplyIsHarmless() throws {
        let cases: [(String, SocketPacket.Kind, String, UInt64?)] = [
            ("2/admin,7[\"a\",\(deep(1_000))]", .event, "/admin", 7), ("33\(deep(1_000))", .ack, "/", 3),
            ("0/admin,{\"a\":\(deep(1_000))}", .connect, "/admin", nil),
        ]
        for (text, kind, namespace, id) in cases {
            do throws(SocketPacketError) {
                _ = try decode(text)
                Issue.record("\(text.prefix(20)) was read")
            } catch {
                #expect(error.harmless?.kind == kind && error.harmless?.namespace == namespace && error.harmless?.id == id)
                #expect(error.harmless?.json.isEmpty == true)
            }
        }
        // What is wrong besides is not harmless, and twenty levels are nothing.
        for text in ["2{}", "2[", "2[\"a\",[}", "51-[\"a\",\(deep(10))x]"] {
            do throws(SocketPacketError) { _ = try decode(text) } catch { #expect(error.harmless == nil, "\(text)") }
        }
        #expect(try decode("2[\"a\",\(deep(20))]")?.eventName == "a")
    }

    @Test func theAttachmentsOfAHarmlessPacketArePassedOver() throws {
        var decoder = SocketPacketDecoder()
        let text = "52-[\"a\",\(deep(1_000)),{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]"
        #expect(throws: SocketPacketError.self) { try decoder.decode(text: Array(text.utf8)) }
        #expect(decoder.unfinishedBytes == 0)
        #expect(try decoder.decode(binary: [1]) == nil)
        // Nothing may come between a packet and its attachments, read or not.
        #expect(throws: SocketPacketError.self) { try decoder.decode(text: Array("2[\"b\"]".utf8)) }
        #expect(try decoder.decode(binary: [2]) == nil)
        #expect(throws: SocketPacketError.self) { try decoder.decode(binary: [3]) }
        #expect(try decoder.decode(text: Array("2[\"b\"]".utf8))?.eventName == "b")
    }

    @Test func unfinishedPacketsAreAccountedFor() throws {
        var decoder = SocketPacketDecoder(maximumAttachments: 3)
        let text = "53-[\"a\",{\"_placeholder\":true,\"num\":0}]"
        #expect(try decoder.decode(text: Array(text.utf8)) == nil)
        let head = decoder.unfinishedBytes
        #expect(head == text.utf8.count - 3)
        _ = try decoder.decode(binary: [UInt8](repeating: 0, count: 500))
        #expect(decoder.unfinishedBytes == head + 500)
        decoder.discard()
        #expect(decoder.unfinishedBytes == 0)
        #expect(throws: SocketPacketError.self) { try decoder.decode(binary: [1]) }
        #expect(throws: SocketPacketError.self) { try decoder.decode(text: Array("54-[\"a\"]".utf8)) }
    }

    @Test func garbageNeverTraps() {
        let alphabet = Array("0123456789[]{}\",:-/\\u_placeholdernumtrue null".utf8)
        for _ in 0..<50_000 {
            var decoder = SocketPacketDecoder()
            let text = (0..<Int.random(in: 0...24)).map { _ in alphabet.randomElement()! }
            _ = try? decoder.decode(text: text)
            _ = try? decoder.decode(binary: [])
            _ = MessagePackValue(json: text)
        }
    }

    @Test func payloadsAreCutAtSeparators() {
        let packets = Array(EnginePayloadReader(Array("4a\u{1E}bAQID\u{1E}3probe\u{1E}1".utf8)))
        #expect(packets == [.message([97]), .binary([1, 2, 3]), .pong(Array("probe".utf8)), .close])
        #expect(Array(EnginePayloadReader(Array("4a\u{1E}".utf8))) == [.message([97]), nil])
        #expect(Array(EnginePayloadReader([])) == [nil])
        #expect(Array(EnginePayloadReader(Array("b!!".utf8))) == [nil])
    }

    @Test func encodedPacketHasEveryForm() {
        let packet = EncodedPacket(
            SocketPacket.event("a", SocketArguments(json: Array("{\"_placeholder\":true,\"num\":0}".utf8), attachments: [[1, 2, 3]])))
        let text = "451-[\"a\",{\"_placeholder\":true,\"num\":0}]"
        #expect(packet.payload == Array((text + "\u{1E}bAQID").utf8))
        #expect(packet.frames == [0x81, UInt8(text.utf8.count)] + Array(text.utf8) + [0x82, 3, 1, 2, 3])
        #expect(packet.base64Frames == [0x81, UInt8(text.utf8.count)] + Array(text.utf8) + [0x81, 5] + Array("bAQID".utf8))
        #expect(packet.packetCount == 2)
    }
}
