import Testing
import TiketiJSON
import TiketiNet

@testable import TiketiRealtime

private func hex(_ text: String) -> [UInt8] { Hex.decode(text)! }

@Suite struct AdapterTests {
    @Test func vectorOfTheAdapter() throws {
        // io.emit("hello", "world", {n: 1}) of @socket.io/redis-adapter, uid Zgwjwn.
        let bytes = hex(
            "93a65a67776a776e83a47479706502a46461746193a568656c6c6fa5776f726c6481a16e01a36e7370a12f83a5726f6f6d73"
                + "90a665786365707490a5666c61677380"
        )
        let message = try #require(HubMessage(bytes))
        #expect(message.uid == "Zgwjwn" && message.namespace == "/" && message.target == BroadcastTarget())
        #expect(message.packet().encoded() == Array("2[\"hello\",\"world\",{\"n\":1}]".utf8))
        #expect(message.encoded() == bytes)
        #expect(HubWire.classic.channel(of: message) == "socket.io#/#")
    }

    @Test func vectorOfTheEmitter() throws {
        let bytes = hex(
            "93a7656d697474657283a47479706502a46461746192a568656c6c6fa178a36e7370a12f83a5726f6f6d7390a5666c61677380a665786365707490")
        #expect(try #require(HubMessage(bytes)).encoded() == bytes)
    }

    /// What our emitter publishes: the same, and the log's offset as one more option, whose value the server appends.
    @Test func emitterCommands() throws {
        let one = SocketEmitter.commands([SocketMessage("hello", Array("\"x\"".utf8), rooms: [])], wire: .classic)[0]
        #expect(one[0] == "EVAL" && one[2...4] == [2, "tiketi:live:offset", "tiketi:live:log:/#"])
        #expect(one[5...7] == [10_000, 1, "socket.io#/#"] && one[9...] == [1, 2])
        let bytes = hex(
            "93a7656d697474657283a47479706502a46461746192a568656c6c6fa178a36e7370a12f84a5726f6f6d7390a5666c61677380a665786365707490"
                + "a66f6666736574cf")
        #expect(one[8] == .bytes(bytes))
        let read = try #require(HubMessage(bytes + [0, 0, 0, 0, 0, 0, 1, 2]))
        #expect(read.offset == 258 && read.data == [.string("hello"), .string("x")])
        // Streams that several messages share are named once.
        let messages = [
            SocketMessage("hello", [49], rooms: ["seats:1"], except: ["u"]), SocketMessage("hello", [49], rooms: ["a", "seats:1", "a"]),
        ]
        let many = SocketEmitter.commands(messages, wire: .classic)[0]
        #expect(many[2...5] == [3, "tiketi:live:offset", "tiketi:live:log:/#seats:1", "tiketi:live:log:/#a"])
        #expect(many[6...8] == [10_000, 2, "socket.io#/#seats:1#"] && many[10...12] == [1, 2, "socket.io#/#"])
        #expect(many[14...] == [2, 3, 2])
    }

    @Test func manyMessagesGoInPieces() {
        #expect(SocketEmitter.commands([], wire: .classic).isEmpty)
        let commands = SocketEmitter.commands((0..<600).map { SocketMessage("n", Array("\($0)".utf8), rooms: ["a"]) }, wire: .classic)
        #expect(commands.map { $0[6] } == [256, 256, 88])
    }

    @Test func valuesRoundTrip() throws {
        let integers: [Int64] = [
            0, 1, 127, 128, 255, 256, 65535, 65536, 4_294_967_295, 4_294_967_296, .max, -1, -32, -33, -128, -129, -32768, -32769,
            -2_147_483_648,
            -2_147_483_649, .min,
        ]
        var values: [MessagePackValue] = integers.map { .int($0) }
        values += [.null, .bool(true), .bool(false), .unsigned(.max), .double(1.5), .double(-0.1), .double(1e300)]
        for count in [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536] {
            values.append(.string(String(repeating: "a", count: count)))
            values.append(.binary([UInt8](repeating: 7, count: count)))
            values.append(.array([MessagePackValue](repeating: .int(1), count: count)))
        }
        values.append(.map((0..<20).map { ("k\($0)", .array([.null, .map([])])) }))
        for value in values { #expect(try MessagePackReader.decode(value.encoded()) == value) }
        #expect(MessagePackValue.int(-33).encoded() == [0xD0, 0xDF])
        #expect(MessagePackValue.int(128).encoded() == [0xCC, 0x80])
    }

    @Test func notepackExtensions() throws {
        #expect(try MessagePackReader.decode(hex("d40000")) == .null)
        #expect(try MessagePackReader.decode(hex("c70300010203")) == .binary([1, 2, 3]))
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        try MessagePackReader.decode(hex("d7000000018bcfe56800")).appendJSON(to: &json, &attachments)
        #expect(String(decoding: json, as: UTF8.self) == "\"2023-11-14T22:13:20.000Z\"")
    }

    @Test func jsonBothWays() throws {
        let text = "{\"a\":[1,-2.5,\"é\\n\",true,false,null,{}],\"big\":12345678901234567890,\"e\":100}"
        let value = try #require(MessagePackValue(json: Array(text.utf8)))
        var json: [UInt8] = []
        var attachments: [[UInt8]] = []
        value.appendJSON(to: &json, &attachments)
        let expected = "{\"a\":[1,-2.5,\"é\\n\",true,false,null,{}],\"big\":1.2345678901234567e+19,\"e\":100}"
        #expect(String(decoding: json, as: UTF8.self) == expected)
        #expect(MessagePackValue(json: Array("{} ".utf8)) == .map([]))
        #expect(MessagePackValue(json: Array("{\"a\":}".utf8)) == nil)
        let binary = try #require(
            MessagePackValue(
                json: Array("[{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]".utf8), attachments: [[1], [2]]))
        #expect(binary == .array([.binary([2]), .binary([1])]))
        json = []
        binary.appendJSON(to: &json, &attachments)
        #expect(attachments == [[2], [1]])
    }

    @Test func brokenInputIsRefused() {
        for text in ["", "c1", "92", "9201", "a5", "ddffffffff", "dfffffffff", "c6ffffffff00", "81", "8101", "c7", "0101", "d9"] {
            #expect(throws: MessagePackError.self, "\(text)") { try MessagePackReader.decode(hex(text)) }
        }
        #expect(throws: MessagePackError.self) { try MessagePackReader.decode([UInt8](repeating: 0x91, count: 100_000)) }
        for _ in 0..<20_000 {
            _ = HubMessage((0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) })
        }
        for text in ["93a0c0c0", "9300c0c0", "93a16183a47479706505a46461746191a161a36e7370a12f80"] {
            #expect(HubMessage(hex(text)) == nil)
        }
    }
}
