// Request counts and durations by method, route pattern and status: handles are made with the routes, so that a request costs atomics
// only.

import TiketiNet

/// Makes the metric handles of routes.
internal final class HTTPMetrics: Sendable {
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) { self.registry = registry }

    func route(_ method: String, _ pattern: String) -> RouteMetrics { RouteMetrics(registry, method: method, pattern: pattern) }
}

internal final class RouteMetrics: Sendable {
    /// The codes our services send; others are resolved when they come.
    private static let codes = [
        101, 200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 429, 500, 502, 503, 504,
    ]

    /// Position in `codes` of each status, 255 for none.
    private static let slots: [UInt8] = {
        var slots = [UInt8](repeating: 255, count: 600)
        for (index, code) in codes.enumerated() { slots[code] = UInt8(index) }
        return slots
    }()

    private let registry: MetricsRegistry
    private let method: String
    private let pattern: String
    private let durations: Histogram
    private let counters: [Counter]

    init(_ registry: MetricsRegistry, method: String, pattern: String) {
        self.registry = registry
        self.method = method
        self.pattern = pattern
        durations = registry.histogram(
            .httpRequestDuration,
            labels: [("method", method), ("route", pattern)], hiddenWhileZero: true)
        counters = Self.codes.map { Self.counter(registry, method, pattern, $0) }
    }

    func record(status: Int, nanoseconds: UInt64) {
        durations.observe(nanoseconds: nanoseconds)
        let slot = Self.slots.indices.contains(status) ? Self.slots[status] : 255
        if slot != 255 {
            counters[Int(slot)].increment()
        } else {
            Self.counter(registry, method, pattern, status).increment()
        }
    }

    private static func counter(_ registry: MetricsRegistry, _ method: String, _ pattern: String, _ status: Int) -> Counter {
        registry.counter(
            .httpRequests,
            labels: [("method", method), ("route", pattern), ("status", String(status))], hiddenWhileZero: true)
    }
}
