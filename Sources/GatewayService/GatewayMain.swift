// The life of the gateway process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum GatewayMain {
    public static func run() async -> Never { await ServiceRunner.run(.gateway, GatewayApp.make) }
}
