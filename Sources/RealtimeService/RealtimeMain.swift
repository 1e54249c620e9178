// The life of the realtime process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum RealtimeMain {
    public static func run() async -> Never { await ServiceRunner.run(.realtime, uses: .redis, RealtimeApp.make) }
}
