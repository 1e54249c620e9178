// Whether the stores answer, asked with the cheapest question each has.
import TiketiStore

/// PostgreSQL and Redis.
struct StoreProbe: Sendable {
    let postgres: PostgresPool
    let redis: RedisClient

    func database() async -> Bool { (try? await postgres.read("SELECT 1 AS one").count) == 1 }

    func cache(patience: Duration) async -> Bool { (try? await redis.ping(timeout: patience)) != nil }
}
