// How the whole system is, asked when somebody wants to know: every dependency and service with its answer time.
import CLinux
import TiketiCore
import TiketiNet

/// One look at everything.
struct HealthService: Sendable {
    /// One dependency or service.
    struct Part: Sendable {
        var name: String
        var isUp: Bool
        var milliseconds: Double
    }

    let stores: StoreProbe
    let probe: ServiceProbe
    let services: [(name: String, url: ServiceURL)]

    func database() async -> Part { await measured("postgres") { await stores.database() } }

    func cache() async -> Part { await measured("redis") { await stores.cache(patience: ServiceProbe.patience) } }

    /// One after the other: they share this loop anyway, and each answer is a matter of milliseconds.
    func all() async -> [Part] {
        var parts = [await database(), await cache()]
        for service in services {
            parts.append(await measured(service.name) { await probe.isReady(service.url) })
        }
        return parts
    }

    private func measured(_ name: String, _ check: () async -> Bool) async -> Part {
        let start = clinux_monotonic_ns()
        let isUp = await check()
        return Part(name: name, isUp: isUp, milliseconds: Double((clinux_monotonic_ns() - start) / 10_000) / 100)
    }
}
