// Broadcasts that go together, and how they reach sockets without looking at each.
import Testing

@testable import TiketiRealtime

@Suite struct FanoutTests {
    private func broadcast(_ name: String, rooms: [String] = ["hall"], offset: Int64? = nil, recovery: SocketRecoveryMode = .off)
        -> Broadcast
    {
        Broadcast(.event(name), BroadcastTarget(rooms: rooms), offset: offset, recovery: recovery, deflate: nil)
    }

    private func fanout(_ broadcasts: [Broadcast]) -> Fanout {
        var fanout = Fanout(broadcasts[0])
        fanout.broadcasts += broadcasts.dropFirst()
        return fanout
    }

    @Test func formsOfABroadcast() {
        let plain = broadcast("a")
        #expect(plain.marked == nil && plain.plain.isShared)
        // Without a place in the log there is no offset to show.
        #expect(broadcast("a", recovery: .on).marked == nil)
        let asked = broadcast("a", offset: 7, recovery: .asked)
        #expect(asked.plain.payload == Array("42[\"a\"]".utf8))
        #expect(asked.marked?.payload == Array("42[\"a\",\"7\"]".utf8) && asked.marked?.isShared == true)
        // When everybody can recover, there is one form only.
        let all = broadcast("a", offset: 7, recovery: .on)
        #expect(all.plain === all.marked)
    }

    @Test func broadcastsOfOneTickShareOneMessage() {
        var two = fanout([broadcast("a"), broadcast("b")])
        two.prepare(maximumBytes: 1_000)
        #expect(two.plain == two.broadcasts[0].plain.frames + two.broadcasts[1].plain.frames && two.marked == nil)
        // More than may wait for one client goes one by one.
        var large = fanout([broadcast("a"), broadcast("b")])
        large.prepare(maximumBytes: 10)
        #expect(large.plain == nil && large.marked == nil)
    }

    @Test func offsetsMustRiseAndAllBeThere() {
        func marked(_ offsets: [Int64?]) -> ClosedRange<Int64>? {
            var fanout = fanout(offsets.map { broadcast("a", offset: $0, recovery: .asked) })
            fanout.prepare(maximumBytes: 1_000)
            return fanout.marked?.offsets
        }
        #expect(marked([3]) == 3...3 && marked([3, 5, 9]) == 3...9)
        #expect(marked([5, 3]) == nil && marked([3, nil]) == nil && marked([nil]) == nil)
    }

    /// A socket in several of the rooms gets it once, so each has to be looked at.
    @Test func severalRoomsHaveNoFastPath() {
        var several = fanout([broadcast("a", rooms: ["hall", "stage"])])
        several.prepare(maximumBytes: 1_000)
        #expect(several.plain == nil)
        var everybody = fanout([broadcast("a", rooms: [])])
        everybody.prepare(maximumBytes: 1_000)
        #expect(everybody.plain != nil)
    }

    @Test func fastPathsAreNumbers() {
        #expect(FastPath.none.isNone)
        for lane in [0, 1, 17, 1 << 20] as [Int32] {
            for recovers in [false, true] {
                let path = FastPath(lane: lane, recovers: recovers)
                #expect(!path.isNone && path.lane == lane && path.recovers == recovers)
            }
        }
        #expect(FastPath(lane: 1, recovers: false) != FastPath(lane: 1, recovers: true))
    }

    @Test func offsetsInEvents() {
        let packet = SocketPacket.event("a", SocketArguments(json: "1,\"x\""))
        #expect(packet.endsWithString && packet.marked(with: 9).encoded() == Array("2[\"a\",1,\"x\",\"9\"]".utf8))
        #expect(!SocketPacket.event("a", SocketArguments(json: "1")).endsWithString)
        // The name alone is a string too, and clients would take it for an offset.
        #expect(SocketPacket.event("a").endsWithString)
    }
}
