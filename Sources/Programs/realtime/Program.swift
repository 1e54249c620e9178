import RealtimeService

@main
struct Program {
    static func main() async { await RealtimeMain.run() }
}
