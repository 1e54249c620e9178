import TossSimulator

@main
struct Program {
    static func main() async { await SimulatorMain.run() }
}
