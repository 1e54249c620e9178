// The executable `toss-simulator`: stands in for TossPayments in development and tests.
import TossSimulator

@main
struct Program {
    static func main() async { await SimulatorMain.run() }
}
