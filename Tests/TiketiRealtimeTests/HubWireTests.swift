// What goes over Redis, byte for byte as Node's adapters write it.
import Testing
import TiketiJSON
import TiketiNet

@testable import TiketiRealtime

@Suite struct HubWireTests {
    /// As JSON.stringify writes what socket.io-adapter's ClusterAdapter gives the sharded adapter: `io.to("hall").emit("hello", "world",
    /// {n: 1})`.
    private static let recorded =
        "{\"type\":3,\"data\":{\"packet\":{\"type\":2,\"data\":[\"hello\",\"world\",{\"n\":1}]},"
        + "\"opts\":{\"rooms\":[\"hall\"],\"except\":[],\"flags\":{}}},\"uid\":\"0011223344556677\",\"nsp\":\"/\"}"

    private func message(_ data: [MessagePackValue], rooms: [String] = ["hall"], isVolatile: Bool = false) -> HubMessage {
        HubMessage(
            uid: "0011223344556677", namespace: "/", data: data, target: BroadcastTarget(rooms: rooms, isVolatile: isVolatile))
    }

    @Test func aBroadcastOfTheShardedAdapter() throws {
        let read = try #require(HubMessage(Array(Self.recorded.utf8)))
        #expect(read == message([.string("hello"), .string("world"), .map([("n", .int(1))])]))
        #expect(read.packet().encoded() == Array("2[\"hello\",\"world\",{\"n\":1}]".utf8))
        for wire in [HubWire.sharded, .shardedStatic] {
            #expect(String(decoding: wire.encoded(read), as: UTF8.self) == Self.recorded)
        }
        #expect(HubWire.sharded.command(read)[0...1] == ["SPUBLISH", "socket.io#/#hall#"])
        #expect(HubWire.shardedStatic.command(read)[0...1] == ["SPUBLISH", "socket.io#/#"])
        #expect(HubWire.classic.command(read)[0...1] == ["PUBLISH", "socket.io#/#hall#"])
    }

    /// With a buffer in it: notepack's MessagePack of the same object.
    @Test func aBinaryBroadcastOfTheShardedAdapter() throws {
        let bytes = HubWire.sharded.encoded(message([.string("b"), .binary([1, 2])]))
        let expected =
            "84a474797065" + "03" + "a464617461" + "82" + "a67061636b6574" + "82" + "a474797065" + "02" + "a464617461" + "92" + "a162"
            + "c4020102" + "a46f707473" + "83" + "a5726f6f6d73" + "91a468616c6c" + "a6657863657074" + "90" + "a5666c616773" + "80"
            + "a3756964" + "b0" + "30303131323233333434353536363737" + "a36e7370" + "a12f"
        #expect(bytes == Hex.decode(expected))
        #expect(HubMessage(bytes) == message([.string("b"), .binary([1, 2])]))
    }

    @Test func whatIsLoggedEndsWithItsNumber() throws {
        let plain = message([.string("hello")], isVolatile: false)
        for wire in HubWire.allCases {
            let bytes = wire.encodedWithoutOffset(plain) + [0, 0, 0, 0, 0, 0, 1, 2]
            let read = try #require(HubMessage(bytes), "\(wire)")
            #expect(read.offset == 258 && read.data == plain.data && read.target == plain.target)
        }
        #expect(HubMessage(HubWire.sharded.encoded(message([.string("v")], isVolatile: true)))?.target.isVolatile == true)
    }

    @Test func channels() {
        let sid = "aaaaaaaaaaaaaaaaaaaa"
        let hangul = String(repeating: "가", count: 20)
        let expected: [(HubWire, [String], String)] = [
            (.classic, [], ""), (.classic, ["hall"], "hall#"), (.classic, [sid], sid + "#"), (.classic, ["a", "b"], ""),
            (.sharded, [], ""), (.sharded, ["hall"], "hall#"), (.sharded, [sid], ""), (.sharded, ["a", "b"], ""), (.sharded, [hangul], ""),
            // Ten characters outside the first plane are twenty to JavaScript.
            (.sharded, [String(repeating: "🎫", count: 10)], ""),
            (.sharded, [String(repeating: "🎫", count: 20)], String(repeating: "🎫", count: 20) + "#"),
            (.shardedStatic, ["hall"], ""), (.shardedStatic, [sid], ""),
        ]
        for (wire, rooms, end) in expected {
            #expect(wire.channel("/admin", rooms: rooms) == "socket.io#/admin#" + end, "\(wire) \(rooms)")
        }
    }

    @Test func requestsAreNoBroadcasts() {
        let withAck = Self.recorded.replacingFirst("\"opts\"", "\"requestId\":\"1\",\"opts\"")
        let fetch =
            "{\"type\":7,\"data\":{\"opts\":{\"rooms\":[],\"except\":[],\"flags\":{}},\"requestId\":\"1\"},\"uid\":\"x\",\"nsp\":\"/\"}"
        for text in [
            withAck, fetch, "{}", "{\"type\":3}", "{\"type\":3,\"uid\":\"x\",\"data\":{\"packet\":{\"type\":2,\"data\":[]}}}", "{",
        ] {
            #expect(HubMessage(Array(text.utf8)) == nil, "\(text)")
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ text: String, _ other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
