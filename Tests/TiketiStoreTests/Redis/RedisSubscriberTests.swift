import Synchronization
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

/// What a subscriber heard.
private final class Heard: Sendable {
    let messages = Locked<[String]>([])
    let reconnects = Atomic<Int>(0)

    func subscriber(_ configuration: RedisConfiguration) -> RedisSubscriber {
        RedisSubscriber(configuration, loop: EventLoopGroup.shared.loops[1]) { [self] in
            reconnects.add(1, ordering: .relaxed)
        } onMessage: { [self] channel, payload in
            messages.withLock { $0.append("\(channel)=\(String(decoding: payload, as: UTF8.self))") }
        }
    }

    var all: [String] { messages.withLock { $0 } }
}

@Suite struct RedisSubscriberTests {
    let redis: TestRedis
    let client: RedisClient
    let configuration: RedisConfiguration

    init() async throws {
        redis = try await TestRedis()
        var configuration = redis.configuration
        configuration.reconnectPauses = .milliseconds(10)...(.milliseconds(50))
        self.configuration = configuration
        client = RedisClient(configuration, group: EventLoopGroup.shared)
    }

    @Test func channelsAndPatterns() async throws {
        let heard = Heard()
        let subscriber = heard.subscriber(configuration)
        defer {
            subscriber.close()
            client.close()
        }
        subscriber.subscribe(["a", "b"])
        subscriber.psubscribe("p:*")
        #expect(await subscriber.waitUntilSubscribed())
        #expect(try await client.publish("a", Array("1".utf8)) == 1)
        #expect(try await client.publish("p:x", Array("2".utf8)) == 1)
        #expect(try await client.publish("other", Array("3".utf8)) == 0)
        #expect(try await client.publish("b", Array("4".utf8)) == 1)
        try await eventually { heard.all.count == 3 }
        #expect(heard.all == ["a=1", "p:x=2", "b=4"])
        subscriber.unsubscribe("a")
        subscriber.punsubscribe("p:*")
        let client = client
        for channel in ["a", "p:x"] { try await eventually { (try? await client.publish(channel, [1])) == 0 } }
        #expect(heard.reconnects.load(ordering: .relaxed) == 0)
    }

    /// Channels of sharded pub/sub have names of their own, and come back after a loss like all others.
    @Test func channelsOfShardedPubSub() async throws {
        let heard = Heard()
        let subscriber = heard.subscriber(configuration)
        defer {
            subscriber.close()
            client.close()
        }
        let client = client
        @Sendable func publish(_ channel: String, _ text: String) async throws -> Int64? {
            try await client.send(["SPUBLISH", .string(channel), .string(text)]).int
        }
        subscriber.ssubscribe(["a", "b"])
        #expect(await subscriber.subscribe("c", isSharded: true, waiting: .seconds(5)))
        subscriber.subscribe("a")
        #expect(await subscriber.waitUntilSubscribed())
        #expect(try await client.publish("a", Array("classic".utf8)) == 1)
        #expect(try await client.publish("b", Array("classic".utf8)) == 0)
        #expect(try await publish("a", "sharded") == 1)
        #expect(try await publish("c", "sharded") == 1)
        try await eventually { heard.all == ["a=classic", "a=sharded", "c=sharded"] }
        subscriber.sunsubscribe("a")
        try await eventually { (try? await publish("a", "late")) == 0 }
        redis.kill()
        try await redis.start()
        #expect(await subscriber.waitUntilSubscribed())
        try await eventually { (try? await publish("b", "again")) == 1 }
        #expect(try await publish("a", "again") == 0)
        try await eventually { heard.all.last == "b=again" }
    }

    @Test func subscribesAgainAfterRestart() async throws {
        let heard = Heard()
        let subscriber = heard.subscriber(configuration)
        defer {
            subscriber.close()
            client.close()
        }
        subscriber.subscribe("seats")
        subscriber.psubscribe("q*")
        #expect(await subscriber.waitUntilSubscribed())
        redis.kill()
        subscriber.subscribe("while-away")
        #expect(await !subscriber.waitUntilSubscribed(timeout: .milliseconds(50)))
        try await redis.start()
        #expect(await subscriber.waitUntilSubscribed())
        // Called once everything is subscribed again: what is published from now on arrives.
        try await eventually { heard.reconnects.load(ordering: .relaxed) == 1 }
        let client = client
        try await eventually { client.statistics.readyConnections == EventLoopGroup.shared.loops.count }
        #expect(try await client.publish("seats", [49]) == 1)
        #expect(try await client.publish("queue", [50]) == 1)
        #expect(try await client.publish("while-away", [51]) == 1)
        try await eventually { heard.all == ["seats=1", "queue=2", "while-away=3"] }
    }

    @Test func frozenServerIsNoticedBySilence() async throws {
        var configuration = configuration
        configuration.heartbeat = .milliseconds(50)
        configuration.connectTimeout = .milliseconds(100)
        let heard = Heard()
        let subscriber = heard.subscriber(configuration)
        defer {
            subscriber.close()
            client.close()
        }
        subscriber.subscribe("c")
        #expect(await subscriber.waitUntilSubscribed())
        redis.freeze()
        try await eventually { await !subscriber.waitUntilSubscribed(timeout: .milliseconds(1)) }
        redis.thaw()
        #expect(await subscriber.waitUntilSubscribed())
        try await eventually { heard.reconnects.load(ordering: .relaxed) >= 1 }
    }

    @Test func quietConnectionStaysAlive() async throws {
        var configuration = configuration
        configuration.heartbeat = .milliseconds(500)
        let heard = Heard()
        let subscriber = heard.subscriber(configuration)
        defer {
            subscriber.close()
            client.close()
        }
        subscriber.subscribe("c")
        #expect(await subscriber.waitUntilSubscribed())
        // Heartbeats are all that is said for a while, and all are answered.
        let client = client
        let before = try await pings(client)
        try await eventually { try await pings(client) >= before + 4 }
        #expect(heard.reconnects.load(ordering: .relaxed) == 0)
        #expect(try await client.publish("c", [49]) == 1)
    }

    /// How many PING commands the server has answered.
    private func pings(_ client: RedisClient) async throws -> Int {
        let statistics = try await client.send(["INFO", "commandstats"]).string ?? ""
        let line = statistics.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_ping:calls=") }
        return line.flatMap { Int($0.dropFirst("cmdstat_ping:calls=".count).prefix { $0.isNumber }) } ?? 0
    }
}
