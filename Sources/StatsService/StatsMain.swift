// The life of the stats process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum StatsMain {
    public static func run() async -> Never { await ServiceRunner.run(.stats, uses: [.stores, .queue], StatsApp.make) }
}
