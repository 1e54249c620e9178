// Every setting of realtime beyond the common ones, with its default and check.
import TiketiCore
import TiketiNet
import TiketiRealtime

/// The settings of realtime (docs/configuration.md).
struct RealtimeConfig: ServiceConfig {
    var server: SocketIOConfiguration
    /// The time over which a drain sends clients away, so that they do not all come back at once.
    var drain: Duration
    /// How this hub, its like and the services reach each other.
    var hubWire: HubWire
    /// What each user may have of this hub.
    var user: UserBounds
    /// Serves the protocol test suites instead of the product.
    var isConformance: Bool

    init(_ environment: inout EnvironmentReader) {
        server = SocketIOConfiguration()
        server.engine = Self.engine(&environment)
        server.connectTimeout = environment.duration("SOCKET_IO_CONNECT_TIMEOUT_MS", default: 45_000, in: 100...600_000)
        server.recovery = Self.recovery(&environment)
        hubWire = environment.choice("SOCKET_IO_ADAPTER", default: .classic)
        user = UserBounds()
        user.connections = environment.int("SOCKET_IO_USER_CONNECTIONS", default: 20, in: 0...100_000)
        user.rooms = environment.int("SOCKET_IO_USER_ROOMS", default: 50, in: 0...1_000)
        user.joinRate = environment.int("SOCKET_IO_USER_JOIN_RATE", default: 10, in: 0...100_000)
        server.usesRing = environment.bool("SOCKET_IO_URING", default: true)
        drain = environment.duration("REALTIME_DRAIN_SECONDS", default: 10, in: 0...600)
        isConformance = environment.bool("REALTIME_CONFORMANCE", default: false)
        if isConformance && environment.isProduction {
            environment.problem("REALTIME_CONFORMANCE", "is for test suites, not for production")
        }
    }

    private static func engine(_ environment: inout EnvironmentReader) -> EngineConfiguration {
        var engine = SocketIOConfiguration().engine
        engine.origins = EngineOrigins(environment.string("SOCKET_IO_CORS_ORIGIN", default: "http://localhost:3000"))
        engine.pingInterval = environment.duration("SOCKET_IO_PING_INTERVAL_MS", default: 25_000, in: 50...600_000)
        engine.pingTimeout = environment.duration("SOCKET_IO_PING_TIMEOUT_MS", default: 20_000, in: 50...600_000)
        engine.maxPayload = environment.int("SOCKET_IO_MAX_PAYLOAD", default: 1_000_000, in: 1_000...16_000_000)
        engine.maximumQueuedBytes = environment.int("SOCKET_IO_MAX_QUEUED_BYTES", default: 1_048_576, in: 65_536...67_108_864)
        engine.stallTimeout = environment.duration("SOCKET_IO_STALL_TIMEOUT_MS", default: 3_000, in: 100...600_000)
        engine.maximumBurstBytes = environment.int("SOCKET_IO_MAX_BURST_BYTES", default: 16_777_216, in: 65_536...1_073_741_824)
        engine.maximumBacklogBytes = environment.int(
            "SOCKET_IO_MAX_BACKLOG_BYTES", default: 67_108_864, in: 1_048_576...17_179_869_184)
        engine.maximumUnfinishedBytes = environment.int(
            "SOCKET_IO_MAX_UNFINISHED_BYTES", default: 67_108_864, in: 1_048_576...4_294_967_296)
        engine.upgradeTimeout = environment.duration("SOCKET_IO_UPGRADE_TIMEOUT_MS", default: 10_000, in: 100...600_000)
        engine.acceptRate = environment.int("SOCKET_IO_ACCEPT_RATE", default: 5_000, in: 0...1_000_000)
        if environment.bool("SOCKET_IO_COMPRESSION", default: false) { engine.deflate = WebSocketDeflateOptions() }
        engine.node = UInt16(environment.int("REALTIME_NODE_ID", default: .random(in: 1...65_535), in: 0...65_535))
        return engine
    }

    /// The modes' own names, or a switch.
    private static func recovery(_ environment: inout EnvironmentReader) -> SocketRecoveryMode {
        let text = environment.string("SOCKET_IO_RECOVERY", default: SocketRecoveryMode.asked.rawValue)
        switch text.lowercased() {
        case "asked": return .asked
        case "on", "true", "yes", "1": return .on
        case "off", "false", "no", "0": return .off
        default:
            environment.problem("SOCKET_IO_RECOVERY", "must be on, off or asked")
            return .off
        }
    }
}
