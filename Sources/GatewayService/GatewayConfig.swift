// Every setting of the gateway beyond the common ones, with its default and check.
import TiketiCore

/// The gateway's settings (docs/configuration.md).
struct GatewayConfig: ServiceConfig {
    /// To the head of an upstream's answer, and between pieces of its body.
    var upstreamTimeout: Duration
    /// The same for Socket.IO's polls, and the quiet time after which a WebSocket is cut.
    var realtimeTimeout: Duration
    /// Connections to one service from one loop; more requests wait for one.
    var upstreamConnections: Int
    var webRoot: String
    var uploadRoot: String
    /// Where images are kept; nil: in `uploadRoot`.
    var bucket: S3Settings?
    /// Where the world finds the bucket's objects, without a slash at the end; nil: through the gateway.
    var publicImageURL: String?
    /// Images of one administrator in 24 hours.
    var uploadQuota: Int
    /// Where the world reaches the gateway, without a slash at the end.
    var publicURL: String?
    var settings: PublicSettings
    var corsOrigins: [String]
    var trustedProxies: NetworkList
    var rateLimits: EdgeLimits
    var scrapeInterval: Duration
    /// Opens the operations pages on the public port to who knows it.
    var operationsToken: String?
    /// How long ago an administrator's password may have been shown for what can't be undone.
    var reauthentication: Duration

    init(_ environment: inout EnvironmentReader) {
        upstreamTimeout = environment.duration("UPSTREAM_TIMEOUT_SECONDS", default: 30, in: 1...600)
        // Above Socket.IO's ping interval and timeout together (25 s and 20 s), or quiet connections would be cut.
        realtimeTimeout = environment.duration("REALTIME_TIMEOUT_SECONDS", default: 90, in: 1...3600)
        upstreamConnections = environment.int("UPSTREAM_CONNECTIONS_PER_WORKER", default: 256, in: 1...65_535)
        webRoot = environment.string("WEB_ROOT", default: "web/dist")
        uploadRoot = environment.string("UPLOAD_ROOT", default: "uploads")
        bucket = S3Settings.read(&environment)
        publicImageURL = environment.optionalURL("PUBLIC_IMAGE_URL")?.description
        if publicImageURL != nil, bucket == nil { environment.problem("PUBLIC_IMAGE_URL", "needs a bucket: AWS_S3_BUCKET") }
        uploadQuota = environment.int("UPLOAD_DAILY_QUOTA", default: 200, in: 1...1_000_000)
        publicURL = environment.optionalURL("PUBLIC_URL")?.description
        settings = PublicSettings(
            tossClientKey: environment.optionalString("TOSS_CLIENT_KEY"), googleClientID: environment.optionalString("GOOGLE_CLIENT_ID"),
            maxSeatsPerUser: environment.int("MAX_SEATS_PER_USER", default: 4, in: 1...1000),
            hold: environment.duration("HOLD_SECONDS", default: 900, in: 1...86_400))
        corsOrigins = environment.list("SOCKET_IO_CORS_ORIGIN", default: ["http://localhost:3000"])
        trustedProxies = environment.networks("TRUSTED_PROXIES")
        rateLimits = EdgeLimits(
            enabled: environment.bool("RATE_LIMIT_ENABLED", default: true),
            requestsPerAddress: environment.int("RATE_LIMIT_REQUESTS", default: 300, in: 1...10_000_000),
            writesPerUser: environment.int("RATE_LIMIT_WRITES", default: 60, in: 1...10_000_000),
            window: environment.duration("RATE_LIMIT_WINDOW_SECONDS", default: 10, in: 1...3600))
        scrapeInterval = environment.duration("METRICS_SCRAPE_SECONDS", default: 30, in: 1...3600)
        operationsToken = environment.optionalSecret("OPERATIONS_TOKEN", minimumLength: 32)
        reauthentication = environment.duration("REAUTHENTICATION_SECONDS", default: 900, in: 10...86_400)
    }
}
