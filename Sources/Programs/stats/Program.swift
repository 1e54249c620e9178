import StatsService

@main
struct Program {
    static func main() async { await StatsMain.run() }
}
