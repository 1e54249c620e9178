// The executable `realtime`: everything it does is in its library, where tests reach it.
import RealtimeService

@main
struct Program {
    static func main() async { await RealtimeMain.run() }
}
