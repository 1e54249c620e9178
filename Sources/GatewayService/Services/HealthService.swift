// How the whole system is, asked when somebody wants to know: every dependency and service with its answer time.
import CLinux
import TiketiCore
import TiketiNet
import TiketiStore

struct HealthService: Sendable {
    struct Part: Sendable {
        var name: String
        var isUp: Bool
        var milliseconds: Double
    }

    let postgres: PostgresPool
    let redis: RedisClient
    let http: HTTPClient
    let services: [(name: String, url: ServiceURL)]
    /// A service that needs longer is down for whoever waits for it.
    static let patience: UInt64 = 3_000_000_000

    func database() async -> Part {
        await measured("postgres") { (try? await postgres.read("SELECT 1 AS one").count) == 1 }
    }

    func cache() async -> Part {
        await measured("redis") { (try? await redis.send(["PING"], timeoutNanoseconds: Self.patience)) != nil }
    }

    /// One after the other: they share this loop anyway, and each answer is a matter of milliseconds.
    func all() async -> [Part] {
        var parts = [await database(), await cache()]
        for service in services {
            parts.append(await measured(service.name) { await answers(service.url) })
        }
        return parts
    }

    private func answers(_ url: ServiceURL) async -> Bool {
        let request = HTTPClientRequest(url: url.parts(target: "/ready"), responseTimeout: Self.patience, totalTimeout: Self.patience)
        guard let response = try? await http.execute(request) else { return false }
        _ = try? await response.body.collect(upTo: 64 * 1024)
        return response.status == .ok
    }

    private func measured(_ name: String, _ check: () async -> Bool) async -> Part {
        let start = clinux_monotonic_ns()
        let isUp = await check()
        return Part(name: name, isUp: isUp, milliseconds: Double((clinux_monotonic_ns() - start) / 10_000) / 100)
    }
}
