// The life of the stats process.
import TiketiCore

public enum StatsMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.stats, uses: [.stores, .queue]) { runtime, environment in StatsApp.make(runtime, StatsConfig(&environment))
        }
    }
}
