// Every setting of the gateway beyond the common ones, with its default and check.
import TiketiCore

struct GatewayConfig: Sendable {
    /// Nanoseconds to the head of an upstream's answer, and between pieces of its body.
    var upstreamTimeout: UInt64
    /// The same for Socket.IO's polls, and the quiet time after which a WebSocket is cut.
    var realtimeTimeout: UInt64
    /// Connections to one service from one loop; more requests wait for one.
    var upstreamConnections: Int
    var webRoot: String
    var uploadRoot: String
    var corsOrigins: [String]
    var trustedProxies: NetworkList
    var rateLimits: EdgeLimits
    var scrapeSeconds: Int

    init(_ environment: inout EnvironmentReader) {
        upstreamTimeout = UInt64(environment.seconds("UPSTREAM_TIMEOUT_SECONDS", default: 30, in: 1...600)) * 1_000_000_000
        // Above Socket.IO's ping interval and timeout together (25 s and 20 s), or quiet connections would be cut.
        realtimeTimeout = UInt64(environment.seconds("REALTIME_TIMEOUT_SECONDS", default: 90, in: 1...3600)) * 1_000_000_000
        upstreamConnections = environment.int("UPSTREAM_CONNECTIONS_PER_WORKER", default: 256, in: 1...65_535)
        webRoot = environment.string("WEB_ROOT", default: "web/public")
        uploadRoot = environment.string("UPLOAD_ROOT", default: "uploads")
        corsOrigins = environment.list("SOCKET_IO_CORS_ORIGIN", default: ["http://localhost:3000"])
        trustedProxies = environment.networks("TRUSTED_PROXIES")
        rateLimits = EdgeLimits(
            enabled: environment.bool("RATE_LIMIT_ENABLED", default: true),
            requestsPerAddress: environment.int("RATE_LIMIT_REQUESTS", default: 300, in: 1...10_000_000),
            writesPerUser: environment.int("RATE_LIMIT_WRITES", default: 60, in: 1...10_000_000),
            windowSeconds: environment.seconds("RATE_LIMIT_WINDOW_SECONDS", default: 10, in: 1...3600))
        scrapeSeconds = environment.seconds("METRICS_SCRAPE_SECONDS", default: 30, in: 1...3600)
    }
}
