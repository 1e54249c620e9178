// `/health` (the process answers), `/ready` (it can do its work), `/metrics`; a service that defines one of them keeps its own.

import Synchronization
import TiketiJSON
import TiketiNet

/// What stage of its life a process is in.
internal final class Lifecycle: Sendable {
    private let started = Atomic<Bool>(false)
    private let draining = Atomic<Bool>(false)

    func didStart() { started.store(true, ordering: .releasing) }
    func willDrain() { draining.store(true, ordering: .releasing) }

    var isStarted: Bool { started.load(ordering: .acquiring) }
    var isDraining: Bool { draining.load(ordering: .acquiring) }
}

/// The readiness of one process.
internal struct HealthChecks: Sendable {
    let runtime: ServiceRuntime
    let lifecycle: Lifecycle
    let checks: [(name: String, check: @Sendable () async -> Bool)]

    /// Every check with its outcome.
    func evaluate() async -> [(name: String, isReady: Bool)] {
        var results = runtime.dependencies.map { (name: $0.name, isReady: $0.isReady) }
        results.append(("startup", lifecycle.isStarted))
        if lifecycle.isDraining { results.append(("shutdown", false)) }
        for (name, check) in checks { results.append((name, await check())) }
        return results
    }
}

internal struct HealthRoutes: Sendable {
    let readiness: HealthChecks
    private let start = Timestamp.now()

    init(_ readiness: HealthChecks) { self.readiness = readiness }

    func install(on router: Router) {
        if !router.contains(.get, "/health") { router.get("/health", .quiet) { _ in health() } }
        if !router.contains(.get, "/ready") { router.get("/ready", .quiet) { await ready($0) } }
        if !router.contains(.get, "/metrics") { router.get("/metrics", .quiet) { _ in metrics() } }
    }

    private func health() -> HTTPResponse {
        .success {
            $0.member("status", "ok")
            $0.member("service", readiness.runtime.name)
            $0.member("uptimeSeconds", Timestamp.now().seconds - start.seconds)
        }
    }

    private func metrics() -> HTTPResponse {
        HTTPResponse(headers: ["Content-Type": MetricsText.contentType], body: .bytes(readiness.runtime.metrics.exposition()))
    }

    private func ready(_ context: RequestContext) async -> HTTPResponse {
        let results = await readiness.evaluate()
        let write = { @Sendable (writer: inout JSONWriter) in
            writer.member("service", readiness.runtime.name)
            writer.object("checks") { writer in
                for (name, isReady) in results {
                    writer.key(name)
                    writer.value(isReady ? "ok" : "unavailable")
                }
            }
        }
        if results.allSatisfy(\.isReady) {
            return .success {
                $0.member("status", "ready")
                write(&$0)
            }
        }
        var error = APIError.unavailable(retryAfter: 1, "Not ready")
        error.extra = { writer in
            writer.member("status", "unavailable")
            write(&writer)
        }
        return ErrorEnvelope.response(error, requestID: context.requestID)
    }
}
