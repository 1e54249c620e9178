// The executable `stats`: everything it does is in its library, where tests reach it.
import StatsService

@main
struct Program {
    static func main() async { await StatsMain.run() }
}
