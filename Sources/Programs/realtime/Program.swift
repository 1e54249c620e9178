import RealtimeService
import TiketiCore

@main
struct Program {
    static func main() async {
        await ServiceRunner.run(.realtime, uses: .redis) { runtime, environment in try RealtimeApp.make(runtime, &environment) }
    }
}
