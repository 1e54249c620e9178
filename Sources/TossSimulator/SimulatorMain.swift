// The life of the simulator process.
import TiketiCore

/// Runs the simulator until it is told to stop.
public enum SimulatorMain {
    public static func run() async -> Never {
        var environment = EnvironmentReader.process()
        // One environment serves all programs in development: PORT may be another's.
        environment["PORT"] = environment["TOSS_SIMULATOR_PORT"]
        await ServiceRunner.run(.tossSimulator, uses: [], environment: environment, SimulatorApp.make)
    }
}
