// Revalidations of seat maps at the edge: 304 from the stamp alone, and never when ticket might say something else.
import Testing
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import GatewayService

@Suite struct SeatMapStampTests {
    @Test func answersWhoHasTheLatestMap() async throws {
        let redis = try await TestRedis()
        let client = RedisClient(redis.configuration, group: .shared)
        let upstream = try await Upstreams.start { _ in Upstreams.ok("from ticket") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, redis: redis)
        let event = UUID()
        let target = "/api/seats/\(event)"
        let stamp = SnapshotHeader(revision: 7, version: 5, validUntil: 1_900_000_000_000_000)
        func announce(_ header: SnapshotHeader) async throws {
            _ = try await client.send([
                "SET", RedisArgument(SnapshotHeader.seatMapKey(event)), RedisArgument(header.bytes + Array("rest".utf8)),
            ])
        }
        func ask(_ tag: String?, _ suffix: String = "") async throws -> TestResponse {
            try await gateway.send(.get, target + suffix, headers: tag.map { ["If-None-Match": $0] } ?? HTTPHeaders())
        }
        // Nothing announced: ticket is asked.
        #expect(try await ask(stamp.etag).text == "from ticket")
        try await announce(stamp)
        let before = upstream.seen.count
        for tag in [stamp.etag, "\"x\", \(stamp.etag)", "*"] {
            let same = try await ask(tag)
            #expect(same.status == 304 && same.body.isEmpty && same.headers["ETag"] == stamp.etag, "\(tag)")
            #expect(same.headers["Vary"]?.contains("Accept-Encoding") == true && same.headers["X-Request-Id"] != nil)
        }
        #expect(upstream.seen.count == before)
        // Another map, no map, a part of a map, what changed since.
        #expect(try await ask("W/\"4-0\"").text == "from ticket")
        #expect(try await ask(nil).text == "from ticket")
        #expect(try await ask(stamp.etag, "?section=A").text == "from ticket")
        #expect(try await ask(stamp.etag, "?since=5").text == "from ticket")
        #expect(try await gateway.send(.get, "/api/seats/nothing", headers: ["If-None-Match": "*"]).text == "from ticket")
        #expect(try await gateway.send(.post, "/api/seats/reserve", json: "{}").text == "from ticket")
        #expect(try await gateway.send(.delete, target).text == "from ticket")
        // A change leaves a tombstone; the next map has another tag.
        try await announce(SnapshotHeader(revision: 8, version: 0, isFilled: false))
        #expect(try await ask(stamp.etag).text == "from ticket")
        redis.kill()
        #expect(try await ask(stamp.etag).text == "from ticket")
        client.close()
        try await gateway.close()
        await upstream.stop()
    }

    /// Many at once share what one command says, each with its own answer.
    @Test func aCrowdIsAnsweredTogether() async throws {
        let redis = try await TestRedis()
        let client = RedisClient(redis.configuration, group: .shared)
        let upstream = try await Upstreams.start { _ in Upstreams.ok("from ticket") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, redis: redis)
        let events = (0..<3).map { _ in UUID() }
        for (index, event) in events.enumerated() {
            let header = SnapshotHeader(revision: 9, version: Int64(index + 1))
            _ = try await client.send(["SET", RedisArgument(SnapshotHeader.seatMapKey(event)), RedisArgument(header.bytes)])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let tag = "W/\"\(index % 4 + 1)-0\""
                    let answer = try await gateway.send(.get, "/api/seats/\(events[index % 3])", headers: ["If-None-Match": tag])
                    #expect(answer.status == (index % 4 == index % 3 ? 304 : 200))
                }
            }
            try await group.waitForAll()
        }
        redis.kill()
        client.close()
        try await gateway.close()
        await upstream.stop()
    }
}
