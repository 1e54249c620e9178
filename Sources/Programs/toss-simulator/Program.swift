import TiketiCore
import TossSimulator

/// A stand-in for TossPayments, for development and tests.
@main
struct Program {
    static func main() async {
        var environment = EnvironmentReader.process()
        environment["PORT"] = environment["TOSS_SIMULATOR_PORT"] ?? "4010"
        await ServiceRunner.run(name: "toss-simulator", uses: [], environment: environment) { runtime, environment in
            ServiceApp(router: Simulator(Simulator.Settings(&environment), http: runtime.http).router)
        }
    }
}
