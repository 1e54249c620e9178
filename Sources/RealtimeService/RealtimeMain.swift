// The life of the realtime process.
import TiketiCore

public enum RealtimeMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.realtime, uses: .redis) { runtime, environment in try RealtimeApp.make(runtime, &environment) }
    }
}
