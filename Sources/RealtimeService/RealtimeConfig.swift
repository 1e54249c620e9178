// Settings of the realtime service; docs/configuration.md has the table.
import TiketiCore
import TiketiNet
import TiketiRealtime

public struct RealtimeConfig: Sendable {
    public var server = SocketIOConfiguration()
    /// Seconds over which a drain sends clients away, so that they do not all come back at once.
    public var drainSeconds = 5.0
    /// How this hub, its like and the services reach each other.
    public var hubWire = HubWire.classic
    /// What each user may have of this hub.
    var user = UserBounds()

    /// Serves the protocol test suites instead of the product.
    public var isConformance = false

    public init() {}

    public static func read(_ reader: inout EnvironmentReader) -> RealtimeConfig {
        var config = RealtimeConfig()
        config.server.engine.origins = EngineOrigins(reader.string("SOCKET_IO_CORS_ORIGIN", default: "http://localhost:3000"))
        config.server.engine.pingIntervalMilliseconds = reader.int("SOCKET_IO_PING_INTERVAL_MS", default: 25_000, in: 50...600_000)
        config.server.engine.pingTimeoutMilliseconds = reader.int("SOCKET_IO_PING_TIMEOUT_MS", default: 20_000, in: 50...600_000)
        config.server.engine.maxPayload = reader.int("SOCKET_IO_MAX_PAYLOAD", default: 1_000_000, in: 1_000...16_000_000)
        config.server.engine.maximumQueuedBytes = reader.int("SOCKET_IO_MAX_QUEUED_BYTES", default: 1_048_576, in: 65_536...67_108_864)
        config.server.engine.stallTimeout = .milliseconds(reader.int("SOCKET_IO_STALL_TIMEOUT_MS", default: 3_000, in: 100...600_000))
        config.server.engine.maximumBurstBytes = reader.int("SOCKET_IO_MAX_BURST_BYTES", default: 16_777_216, in: 65_536...1_073_741_824)
        config.server.engine.maximumBacklogBytes = reader.int(
            "SOCKET_IO_MAX_BACKLOG_BYTES", default: 67_108_864, in: 1_048_576...17_179_869_184)
        config.server.engine.maximumUnfinishedBytes = reader.int(
            "SOCKET_IO_MAX_UNFINISHED_BYTES", default: 67_108_864, in: 1_048_576...4_294_967_296)
        config.user.connections = reader.int("SOCKET_IO_USER_CONNECTIONS", default: 20, in: 0...100_000)
        config.user.rooms = reader.int("SOCKET_IO_USER_ROOMS", default: 50, in: 0...1_000)
        config.user.joinRate = reader.int("SOCKET_IO_USER_JOIN_RATE", default: 10, in: 0...100_000)
        config.server.connectTimeoutMilliseconds = reader.int("SOCKET_IO_CONNECT_TIMEOUT_MS", default: 45_000, in: 100...600_000)
        config.server.engine.upgradeTimeoutMilliseconds = reader.int("SOCKET_IO_UPGRADE_TIMEOUT_MS", default: 10_000, in: 100...600_000)
        config.server.engine.acceptRate = reader.int("SOCKET_IO_ACCEPT_RATE", default: 5_000, in: 0...1_000_000)
        config.server.recovery = recovery(&reader)
        config.hubWire = reader.choice("SOCKET_IO_ADAPTER", default: .classic)
        config.server.usesRing = reader.bool("SOCKET_IO_URING", default: true)
        if reader.bool("SOCKET_IO_COMPRESSION", default: false) { config.server.engine.deflate = WebSocketDeflateOptions() }
        config.server.engine.node = UInt16(reader.int("REALTIME_NODE_ID", default: .random(in: 1...65_535), in: 0...65_535))
        config.drainSeconds = Double(reader.seconds("REALTIME_DRAIN_SECONDS", default: 10, in: 0...600))
        config.isConformance = reader.bool("REALTIME_CONFORMANCE", default: false)
        if config.isConformance && reader.isProduction { reader.problem("REALTIME_CONFORMANCE", "is for test suites, not for production") }
        return config
    }

    private static func recovery(_ reader: inout EnvironmentReader) -> SocketRecoveryMode {
        let text = reader.string("SOCKET_IO_RECOVERY", default: SocketRecoveryMode.asked.rawValue)
        switch text.lowercased() {
        case "asked": return .asked
        case "on", "true", "yes", "1": return .on
        case "off", "false", "no", "0": return .off
        default:
            reader.problem("SOCKET_IO_RECOVERY", "must be on, off or asked")
            return .off
        }
    }
}
