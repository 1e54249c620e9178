// Health for people and platforms; `/health` and `/ready` themselves come with every service.
import TiketiCore
import TiketiNet

/// `/health/db`, `/health/redis`, `/health/all` and the roll-up `/metrics`.
struct OperationsRoutes: Sendable {
    let health: HealthService
    let metrics: MetricsRollup
    let access: OperationsAccess

    func install(on router: some RouterMethods) {
        page(router, "/health/db") { _ in Self.answer([await health.database()]) }
        page(router, "/health/redis") { _ in Self.answer([await health.cache()]) }
        page(router, "/health/all") { _ in Self.answer(await health.all()) }
        page(router, "/metrics") { context in
            HTTPResponse(headers: ["Content-Type": MetricsText.contentType], body: .bytes(metrics.exposition(now: context.loop.now)))
        }
    }

    /// For a stranger there is no such page.
    private func page(_ router: some RouterMethods, _ path: String, _ handler: @escaping RouteHandler) {
        router.get(path, .quiet) { context in
            guard access.admits(BearerToken.read(context.request.headers)) else { throw APIError.notFound }
            return try await handler(context)
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
