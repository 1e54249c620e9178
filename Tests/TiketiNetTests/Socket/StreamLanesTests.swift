// One piece of bytes over many streams, with the kernel's ring and without: who gets what, in which order, and who has no lane any more.
import CLinux
import Glibc
import Testing

@testable import TiketiNet

private final class Pairs: Sendable {
    let loop: EventLoop
    private let group = EventLoopGroup(count: 1)

    init(usesRing: Bool) {
        loop = group.loops[0]
        let loop = loop
        loop.execute { loop.lanes.usesRing = usesRing }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Runs `body` on the loop with connected streams, the first of each pair on a lane of its own.
    func with(_ count: Int, _ body: @escaping @Sendable ([(lane: Int32, stream: Stream, peer: Stream)]) async throws -> Void) async throws {
        let loop = loop
        try await loop.run {
            var pairs: [(lane: Int32, stream: Stream, peer: Stream)] = []
            defer {
                for pair in pairs {
                    pair.stream.close()
                    pair.peer.close()
                }
            }
            for _ in 0..<count {
                var ends: [Int32] = [-1, -1]
                try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
                let stream = try Stream(descriptor: ends[0], peer: .unix(path: ""), loop: loop)
                let peer = try Stream(descriptor: ends[1], peer: .unix(path: ""), loop: loop)
                let lane = loop.lanes.allocate()
                stream.enterLane(lane)
                pairs.append((lane, stream, peer))
            }
            try await body(pairs)
        }
    }
}

private func expect(_ stream: Stream, _ expected: String) async throws {
    let buffer = ByteBuffer()
    while buffer.count < expected.utf8.count {
        if try await stream.read(into: buffer) == 0 { break }
    }
    #expect(String(decoding: buffer.take(), as: UTF8.self) == expected)
}

@Suite struct StreamLanesTests {
    @Test(arguments: [true, false]) func everyoneGetsItOnce(usesRing: Bool) async throws {
        let pairs = Pairs(usesRing: usesRing)
        // More than go to the kernel at once.
        try await pairs.with(700) { all in
            let lanes = pairs.loop.lanes
            lanes.send(Array("first ".utf8), over: all.map(\.lane))
            lanes.send(Array("second".utf8), over: all.filter { $0.lane % 2 == 0 }.map(\.lane))
            lanes.send([], over: all.map(\.lane))
            for pair in all { try await expect(pair.peer, pair.lane % 2 == 0 ? "first second" : "first ") }
            for pair in all {
                let more = try pair.peer.readNow(into: ByteBuffer())
                #expect(more == nil)
            }
            guard let ring = clinux_ring_create(8) else { return }
            clinux_ring_destroy(ring)
            #expect(lanes.hasRing == usesRing)
        }
    }

    @Test(arguments: [true, false]) func whoDoesNotReadGetsTheRestLater(usesRing: Bool) async throws {
        let pairs = Pairs(usesRing: usesRing)
        try await pairs.with(3) { all in
            let lanes = pairs.loop.lanes
            let slow = all[1]
            var sent = 0
            while lanes.isClear(slow.lane) {
                let piece = [UInt8](repeating: UInt8(sent % 97), count: 100_000)
                sent += 1
                lanes.send(piece, over: all.map(\.lane))
                for pair in [all[0], all[2]] {
                    try await expect(pair.peer, String(decoding: piece, as: UTF8.self))
                    try await pair.stream.flush()
                }
            }
            #expect(slow.stream.queuedBytes > 0 && lanes.isClear(all[0].lane) && lanes.isClear(all[2].lane))
            // What comes behind is queued by the usual way.
            slow.stream.writeNow(Array("end".utf8))
            let buffer = ByteBuffer()
            while buffer.count < sent * 100_000 + 3 { _ = try await slow.peer.read(into: buffer) }
            let bytes = buffer.take()
            #expect(bytes.count == sent * 100_000 + 3 && bytes.suffix(3) == Array("end".utf8)[...])
            for index in 0..<sent { #expect(bytes[index * 100_000..<(index + 1) * 100_000].allSatisfy { $0 == UInt8(index % 97) }) }
            try await slow.stream.flush()
            #expect(lanes.isClear(slow.lane))
        }
    }

    @Test func queuedBytesGoFirst() async throws {
        let pairs = Pairs(usesRing: true)
        try await pairs.with(1) { all in
            all[0].stream.write(Array("queued".utf8))
            #expect(!pairs.loop.lanes.isClear(all[0].lane))
            try await expect(all[0].peer, "queued")
            #expect(pairs.loop.lanes.isClear(all[0].lane))
        }
    }

    @Test(arguments: [true, false]) func whoIsGoneShowsAtTheNextFlush(usesRing: Bool) async throws {
        let pairs = Pairs(usesRing: usesRing)
        try await pairs.with(2) { all in
            all[0].peer.close()
            pairs.loop.lanes.send(Array("hello".utf8), over: all.map(\.lane))
            try await expect(all[1].peer, "hello")
            #expect(!pairs.loop.lanes.isClear(all[0].lane))
            await #expect(throws: IOError.self) { try await all[0].stream.flush() }
        }
    }

    @Test func aLaneEndsWithItsStreamOrBefore() async throws {
        let pairs = Pairs(usesRing: true)
        try await pairs.with(2) { all in
            let lanes = pairs.loop.lanes
            all[0].stream.close()
            #expect(!lanes.isClear(all[0].lane))
            lanes.release(all[0].lane)
            lanes.release(all[1].lane)
            #expect(!lanes.isClear(all[1].lane))
            // A lane of another stream now: what this one does is no longer seen there.
            let again = lanes.allocate()
            #expect(again == all[1].lane && !lanes.isClear(again))
            all[1].stream.write(Array("own".utf8))
            try await all[1].stream.flush()
            #expect(!lanes.isClear(again))
        }
    }
}
