// MessagePack against its specification and notepack's habits, and its way through JSON and back.
import Testing

@testable import TiketiJSON

@Suite struct MessagePackTests {
    private func json(_ value: MessagePackValue) -> (String, [[UInt8]]) {
        var output: [UInt8] = []
        var attachments: [[UInt8]] = []
        value.appendJSON(to: &output, &attachments)
        return (String(decoding: output, as: UTF8.self), attachments)
    }

    @Test(
        arguments: [
            (MessagePackValue.null, [0xC0]), (.bool(true), [0xC3]), (.bool(false), [0xC2]),
            (.int(0), [0x00]), (.int(127), [0x7F]), (.int(128), [0xCC, 0x80]), (.int(256), [0xCD, 1, 0]),
            (.int(65_536), [0xCE, 0, 1, 0, 0]),
            (.int(4_294_967_296), [0xCF, 0, 0, 0, 1, 0, 0, 0, 0]), (.int(-1), [0xFF]), (.int(-32), [0xE0]), (.int(-33), [0xD0, 0xDF]),
            (.int(-129), [0xD1, 0xFF, 0x7F]), (.int(-32_769), [0xD2, 0xFF, 0xFF, 0x7F, 0xFF]),
            (.int(.min), [0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0]), (.unsigned(.max), [0xCF] + [UInt8](repeating: 255, count: 8)),
            (.double(1.5), [0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]), (.string("é"), [0xA2, 0xC3, 0xA9]), (.binary([1]), [0xC4, 1, 1]),
            (.array([.int(1)]), [0x91, 1]), (.map([("a", .null)]), [0x81, 0xA1, 0x61, 0xC0]), (.extended(5, [1, 2]), [0xD5, 5, 1, 2]),
        ] as [(MessagePackValue, [UInt8])])
    func shortestForms(value: MessagePackValue, bytes: [UInt8]) throws {
        #expect(value.encoded() == bytes)
        #expect(try MessagePackReader.decode(bytes) == value)
    }

    @Test func lengthsChangeTheirTag() throws {
        for (count, tag) in [(31, UInt8(0xBF)), (32, 0xD9), (255, 0xD9), (256, 0xDA), (65_535, 0xDA), (65_536, 0xDB)] {
            let value = MessagePackValue.string(String(repeating: "x", count: count))
            #expect(value.encoded().first == tag, "\(count)")
            #expect(try MessagePackReader.decode(value.encoded()) == value)
        }
        for (count, tag) in [(15, UInt8(0x9F)), (16, 0xDC), (65_536, 0xDD)] {
            let value = MessagePackValue.array(Array(repeating: .null, count: count))
            #expect(value.encoded().first == tag, "\(count)")
            #expect(try MessagePackReader.decode(value.encoded()) == value)
        }
    }

    @Test(
        arguments: [
            [], [0xC1], [0xA2, 0x61], [0xC4], [0xC4, 5, 1], [0x91], [0x81, 0x01, 0x01], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0xC0, 0xC0],
            [0xDF, 0x7F, 0xFF, 0xFF, 0xFF, 0xA1],
        ] as [[UInt8]])
    func brokenBytesAreRefused(bytes: [UInt8]) {
        #expect(throws: MessagePackError.self) { try MessagePackReader.decode(bytes) }
    }

    /// notepack writes three things as extension 0.
    @Test func extensionsOfNotepack() throws {
        #expect(try MessagePackReader.decode([0xD4, 0, 0]) == .null)
        #expect(try MessagePackReader.decode([0xC7, 3, 0, 1, 2, 3]) == .binary([1, 2, 3]))
        let date = try MessagePackReader.decode([0xD7, 0, 0, 0, 1, 0x9C, 0xF2, 0x6E, 0x2A, 0x80])
        #expect(json(date).0 == "\"2026-03-15T19:00:00.000Z\"" || json(date).0.hasSuffix("Z\""))
        #expect(try MessagePackReader.decode([0xCA, 0x3F, 0xC0, 0, 0]) == .double(1.5))
    }

    @Test func binaryValuesBecomePlaceholdersAndBack() throws {
        let value = MessagePackValue.array([.string("e"), .binary([1, 2]), .map([("x", .binary([3]))])])
        let (text, attachments) = json(value)
        #expect(text == "[\"e\",{\"_placeholder\":true,\"num\":0},{\"x\":{\"_placeholder\":true,\"num\":1}}]")
        #expect(attachments == [[1, 2], [3]])
        #expect(MessagePackValue(json: Array(text.utf8), attachments: attachments) == value)
        // A number without its attachment stays the object that it is.
        #expect(MessagePackValue(json: Array("{\"_placeholder\":true,\"num\":7}".utf8))?["num"]?.int == 7)
    }

    @Test func halvesOfSurrogatePairsPassAsTheyCame() throws {
        for text in ["\"\\ud83d\"", "\"a\\ude00b\"", "\"\\ud83d \\ude00\"", "\"\\ud83d\\n\\ud83d\""] {
            let value = try #require(MessagePackValue(json: Array(text.utf8)))
            let passed = try MessagePackReader.decode(value.encoded())
            #expect(passed == value)
            #expect(json(passed).0 == text)
        }
        // As JavaScript's writer has it: three bytes.
        #expect(MessagePackValue(json: Array("\"\\ud83d\"".utf8))?.encoded() == [0xA3, 0xED, 0xA0, 0xBD])
        // A whole pair is one scalar, and other broken bytes are repaired.
        #expect(MessagePackValue(json: Array("\"\\ud83d\\ude00\"".utf8)) == .string("😀"))
        #expect(try MessagePackReader.decode([0xA1, 0xFF]) == .string("\u{FFFD}"))
        #expect(try MessagePackReader.decode([0xA3, 0xED, 0xA0, 0xBD]).string?.isEmpty == false)
    }

    @Test func theDepthOfAClientsMessageFitsBetweenHubs() throws {
        let depth = JSONScanner.maximumDepth
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let value = try #require(MessagePackValue(json: Array(text.utf8)))
        let wrapped = MessagePackValue.array([.map([("data", .array([value]))])])
        #expect(try MessagePackReader.decode(wrapped.encoded()) == wrapped)
        #expect(MessagePackValue(json: Array("[\(text)]".utf8)) == nil)
        #expect(throws: MessagePackError.self) { try MessagePackReader.decode([UInt8](repeating: 0x91, count: 10_000)) }
    }

    @Test func numbersKeepTheirValue() throws {
        let text = "[0,-0.0,1.0,2.5,1e3,9223372036854775807,9223372036854775808,1e300]"
        let value = try #require(MessagePackValue(json: Array(text.utf8))?.array)
        #expect(value[0] == .int(0) && value[1] == .int(0) && value[2] == .int(1) && value[3] == .double(2.5) && value[4] == .int(1000))
        #expect(value[5] == .int(.max) && value[6] == .double(9_223_372_036_854_775_808) && value[7] == .double(1e300))
        #expect(
            json(.double(.nan)).0 == "null" && json(.double(.infinity)).0 == "null" && json(.unsigned(.max)).0 == "18446744073709551615")
    }

    @Test func accessors() {
        let map = MessagePackValue.map([("a", .array([.string("x"), .int(1), .string("y")])), ("a", .null), ("n", .double(3))])
        #expect(map["a"]?.strings == ["x", "y"])
        #expect(map["n"]?.int == 3)
        #expect(map["b"] == nil && MessagePackValue.null["a"] == nil)
        #expect(MessagePackValue.double(0.5).int == nil && MessagePackValue.bool(true).string == nil)
    }
}
