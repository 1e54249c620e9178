// The life of the gateway process.
import TiketiCore

public enum GatewayMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.gateway) { runtime, environment in GatewayApp.make(runtime, GatewayConfig(&environment)) }
    }
}
