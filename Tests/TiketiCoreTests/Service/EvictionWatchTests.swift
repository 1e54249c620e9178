// A Redis that may evict what must not be lost is told of, in the log and by a gauge.

import Logging
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TiketiCore

@Suite struct EvictionWatchTests {
    private func watch(_ client: RedisClient, strict: Bool = true) -> (watch: EvictionWatch, gauge: Gauge, lines: Locked<[String]>) {
        let lines = Locked<[String]>([])
        let gauge = MetricsRegistry().gauge(MetricFamily("tiketi_evicts", ""))
        let logger = Logger(label: "test") { _ in DependencyWatchTests.Recorder(lines: lines) }
        return (EvictionWatch(client, setting: "QUEUE_REDIS_URL", isStrict: strict, logger: logger, evicts: gauge), gauge, lines)
    }

    @Test(arguments: ["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"])
    func evictionIsTold(policy: String) async throws {
        let redis = try await TestRedis(arguments: ["--maxmemory-policy", policy])
        let client = RedisClient(redis.configuration, group: .shared)
        let (watch, gauge, lines) = watch(client)
        #expect(try await client.evictionPolicy() == policy)
        for _ in 0..<3 { _ = await watch.tick() }
        #expect(gauge.value == 1)
        // Once, not at every look.
        #expect(lines.withLock { $0 } == ["error Redis may evict the queue's places: set maxmemory-policy noeviction"])
        _ = try await client.send(["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        _ = await watch.tick()
        #expect(gauge.value == 0)
        _ = try await client.send(["CONFIG", "SET", "maxmemory-policy", RedisArgument(policy)])
        _ = await watch.tick()
        #expect(gauge.value == 1)
        #expect(lines.withLock { $0.count } == 3)
        client.close()
        redis.kill()
    }

    @Test func aKeeperIsNotTold() async throws {
        let redis = try await TestRedis(arguments: ["--maxmemory-policy", "noeviction"])
        let client = RedisClient(redis.configuration, group: .shared)
        let (watch, gauge, lines) = watch(client)
        #expect(await watch.tick() > .seconds(10))
        redis.kill()
        try await eventually { !client.isAvailable }
        // Away is another's news; it is looked at again soon.
        #expect(await watch.tick() <= .seconds(1))
        #expect(gauge.value == 0)
        #expect(lines.withLock { $0.isEmpty })
        client.close()
    }

    @Test func developmentIsWarned() async throws {
        let redis = try await TestRedis(arguments: ["--maxmemory-policy", "allkeys-lfu"])
        let client = RedisClient(redis.configuration, group: .shared)
        let (watch, _, lines) = watch(client, strict: false)
        _ = await watch.tick()
        #expect(lines.withLock { $0.first?.hasPrefix("warning ") == true })
        client.close()
        redis.kill()
    }
}
