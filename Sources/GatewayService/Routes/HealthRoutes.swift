// Health for people and platforms; `/health` and `/ready` themselves come with every service.
import TiketiCore
import TiketiNet

struct HealthRoutes: Sendable {
    let health: HealthService
    let metrics: MetricsRollup

    func install(on router: Router) {
        router.get("/health/db", .quiet) { _ in Self.answer([await health.database()]) }
        router.get("/health/redis", .quiet) { _ in Self.answer([await health.cache()]) }
        router.get("/health/all", .quiet) { _ in Self.answer(await health.all()) }
        router.get("/metrics", .quiet) { _ in
            HTTPResponse(headers: ["Content-Type": MetricsText.contentType], body: .bytes(metrics.exposition()))
        }
    }

    private static func answer(_ parts: [HealthService.Part]) -> HTTPResponse {
        let isUp = parts.allSatisfy(\.isUp)
        var response = HTTPResponse.json(isUp ? .ok : .serviceUnavailable) { json in
            json.object { json in
                json.member("success", isUp)
                json.member("status", isUp ? "ok" : "unavailable")
                if !isUp {
                    json.member("error", "Not everything is up")
                    json.member("code", "UNAVAILABLE")
                }
                json.object("checks") { json in
                    for part in parts {
                        json.key(part.name)
                        json.object { json in
                            json.member("status", part.isUp ? "ok" : "unavailable")
                            json.member("latencyMs", part.milliseconds)
                        }
                    }
                }
            }
        }
        if !isUp { response.headers.add("Retry-After", "5") }
        return response
    }
}
